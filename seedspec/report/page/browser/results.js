// Results: the standings that `seedspec stats` made of the votes given to the page; nothing is reckoned here.

function openResults() {
  const { axes, shots } = PAGE.stats;
  const blocks = [...axes.map((s) => [s, "Axis"]), ...shots.map((s) => [s, "Shot"])].filter(
    ([s]) => s.votes || s.neither,
  );
  $("results").replaceChildren(
    blocks.length
      ? el(
          "div",
          { class: "standings" },
          blocks.map(([s, what]) => standings(s, what)),
        )
      : el("p", { class: "empty" }, "No votes were given to this page."),
  );
}

function standings(found, what) {
  const percent = (rate) => `${Math.round(100 * rate)} %`;
  const bar = (row) => {
    const range = el("span", { class: "range-bar" });
    range.style.left = `${100 * row.low}%`;
    range.style.width = `${100 * (row.high - row.low)}%`;
    const dot = el("span", { class: "range-dot" });
    dot.style.left = `${100 * row.rate}%`;
    return el("span", { class: "range-box", "aria-hidden": "true" }, range, dot);
  };
  const neither = found.neither ? `, ${found.neither} for neither` : "";
  return el(
    "article",
    { class: "standing" },
    el("h2", {}, el("span", { class: "soft" }, what), ` ${found.of}`),
    el("p", { class: `verdict verdict-${found.verdict.replace(" ", "-")}` }, found.said),
    el(
      "table",
      { class: "rows" },
      el("caption", { class: "soft" }, `${counted(found.votes, "vote")}${neither}`),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ["", "won", "lost", "tied", "chance to win"].map((w, at) =>
            w ? el("th", { scope: "col", class: at && at < 4 ? "number" : null }, w) : el("td", {}),
          ),
        ),
      ),
      el(
        "tbody",
        {},
        found.rows.map((row) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, row.name.startsWith(`${found.of}@`) ? row.name.slice(found.of.length + 1) : row.name),
            el("td", { class: "number" }, row.wins),
            el("td", { class: "number" }, row.losses),
            el("td", { class: "number" }, row.ties),
            el(
              "td",
              {},
              bar(row),
              el(
                "span",
                { class: "range-words" },
                `${percent(row.rate)} `,
                el("span", { class: "soft" }, `${percent(row.low)} – ${percent(row.high)}`),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

/** @type {View} */
const resultsView = { name: "results", label: "Results", open: openResults };
