// The table: every take in a row, with what it was asked for, what came of it, and its prompt against a chosen one.

/** @type {{ sort: string, down: boolean, reference: Take | null }} */
const board = { sort: "order", down: false, reference: null };
const rowsBox = el("div", { class: "rows-box", tabindex: "0", role: "region", "aria-label": "All takes" });

/** @typedef {[name: string, words: string, of: (t: Take) => string | number | null, kind?: string]} Column */
/** @type {Column[]} */
const COLUMNS = [
  ["order", "#", (t) => t.index + 1, "number"],
  ["entry", "Entry", (t) => t.address],
  ...AXES.map((axis) => /** @type {Column} */ ([`axis ${axis}`, axis, (t) => placeOn(t, axis)])),
  ["take", "Take", (t) => t.take, "number"],
  ["state", "State", (t) => PAGE.words[t.state]],
  ["usd", "Cost", (t) => t.usd || 0, "number"],
  ["seconds", "Length", (t) => t.seconds ?? 0, "number"],
  ["bytes", "Size", (t) => t.bytes ?? 0, "number"],
  ...(EXPECTS ? [/** @type {Column} */ (["unmet", "Not met", (t) => unmetOf(t).length, "number"])] : []),
  ...MEASURES.map((name) => /** @type {Column} */ ([`measure ${name}`, measureName(name), (t) => measureOf(t, name), "number"])),
];

function openTable() {
  if (board.reference === null) board.reference = TAKES[0] ?? null;
  $("table").replaceChildren(rowsBox);
  drawTable();
}

/** @param {string} name */
function columnOf(name) {
  return /** @type {Column} */ (COLUMNS.find((c) => c[0] === name));
}

function sorted() {
  const of = columnOf(board.sort)[2];
  const rows = [...TAKES].sort((x, y) => {
    const [p, q] = [of(x), of(y)];
    if (p === null || q === null) return Number(p === null) - Number(q === null) || x.index - y.index;
    const way = board.down ? -1 : 1;
    return way * (p < q ? -1 : p > q ? 1 : 0) || x.index - y.index;
  });
  return rows;
}

function drawTable() {
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, "Pick"),
    el("th", { scope: "col" }, "Against"),
    COLUMNS.map(([name, words, , kind]) => {
      const own = board.sort === name;
      const sort = own ? (board.down ? "descending" : "ascending") : null;
      return el(
        "th",
        { scope: "col", class: kind, "aria-sort": sort },
        button({ label: words, kind: "quiet head", act: () => sortBy(name), "data-column": name }),
      );
    }),
    el("th", { scope: "col" }, "Prompt, against the chosen row"),
  );
  const had = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.column;
  rowsBox.replaceChildren(
    el(
      "table",
      { class: "rows" },
      el("caption", { class: "unseen" }, "All takes"),
      el("thead", {}, head),
      el("tbody", {}, sorted().map(tableRow)),
    ),
  );
  if (had) rowsBox.querySelector(`[data-column="${CSS.escape(had)}"]`)?.focus();
}

function tableRow(take) {
  const reference = board.reference ?? take;
  const own = take === reference;
  const radio = el("input", {
    type: "radio",
    name: "against",
    "aria-label": `Compare prompts with ${wordsOf(take)}`,
    ...(own ? { checked: true } : {}),
    onchange: () => {
      board.reference = take;
      drawTable();
      rowsBox.querySelector("input:checked")?.focus();
    },
  });
  return el(
    "tr",
    { class: own ? "is-reference" : null, "data-take": take.index },
    el("td", { class: "centre" }, take.playable ? pickButton(take, { small: true }) : null),
    el("td", { class: "centre" }, el("label", { class: "check" }, radio)),
    el("td", { class: "number soft" }, take.index + 1),
    el(
      "th",
      { scope: "row" },
      take.playable
        ? button({ label: take.shot, kind: "link", say: `Compare ${wordsOf(take)}`, act: () => compareFrom(take) })
        : take.shot,
    ),
    AXES.map((axis) => el("td", { class: placeOn(take, axis) === NONE ? "soft none" : null }, placeOn(take, axis))),
    el("td", { class: "number" }, take.take),
    el(
      "td",
      {},
      stateOf(take),
      take.playable || take.state === "new" ? null : el("div", { class: "soft why" }, take.reason),
    ),
    el("td", { class: "number" }, `${take.estimated ? "≈ " : ""}${dollars(take.usd)}`),
    el("td", { class: "number" }, take.seconds ? `${Number(take.seconds).toFixed(1)} s` : NONE),
    el(
      "td",
      { class: "number" },
      take.bytes ? [size(take.bytes), el("div", { class: "soft" }, `${take.width}×${take.height}`)] : NONE,
    ),
    EXPECTS
      ? el("td", { class: unmetOf(take).length ? "number" : "number none" }, unmetList(take) ?? NONE)
      : null,
    MEASURES.map((name) => {
      const misses = unmetOf(take).some((u) => u.measure === name);
      return el("td", { class: misses ? "number missed" : "number", "data-name": measureName(name) }, measureInWords(take, name));
    }),
    el("td", { class: "words" }, own ? el("span", {}, promptOf(take)) : changes(promptOf(reference), promptOf(take))),
  );
}

function sortBy(name) {
  board.down = board.sort === name ? !board.down : false;
  board.sort = name;
  drawTable();
  writeAddress();
  say(`Sorted by ${columnOf(name)[1]}, ${board.down ? "last first" : "first first"}`);
}

function showTablePicks() {
  for (const node of rowsBox.querySelectorAll("[data-pick]")) press(node, isPicked(TAKES[Number(node.dataset.pick)]));
}

/** @type {View} */
const tableView = { name: "table", label: "Table", open: openTable, redraw: showTablePicks, place: () => rowsBox };
