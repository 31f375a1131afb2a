// Films: one that is chosen from a list, or two side by side, and under each its shots in their order.

const watched = { a: 0, b: -1 }; // numbers of films; without a second one there is one on the stage
const stripsBox = el("div", { class: "strips" });
const watchBox = el("div", { class: "looking" });

function openFilms() {
  if (stage.mode === "four" || watched.b < 0) stage.mode = "side";
  const list = FILMS.map((film, at) => [String(at), filmInWords(film)]);
  const chosen = (/** @type {"a" | "b"} */ side) => (/** @type {string} */ value) => {
    watched[side] = Number(value);
    openFilms();
  };
  const others = list.filter(([at]) => at !== String(watched.a));
  if (watched.b === watched.a) watched.b = -1;
  empty.textContent = "";
  watchBox.replaceChildren(
    el(
      "div",
      { class: "bar", role: "group", "aria-label": "Which films" },
      choice("Film", list, String(watched.a), chosen("a")),
      ...(others.length ? [choice("Beside it", [["-1", "nothing"], ...others], String(watched.b), chosen("b"))] : []),
    ),
    ...(watched.b < 0 ? [] : [stageBar]),
    stageBox, transport, stripsBox,
  );
  $("films").replaceChildren(watchBox);
  show({ a: FILMS[watched.a], b: FILMS[watched.b] ?? null });
  const shown = SIDES.flatMap((side) => stage.takes[side] ?? []);
  stageBox.setAttribute("aria-label", `Stage: ${shown.map(filmInWords).join(" and ")}`);
  stripsBox.replaceChildren(...shown.map((film, at) => strip(film, shown.length > 1 ? SIDES[at].toUpperCase() : "")));
  showTicks();
  showPart(clock.wanted);
  writeAddress();
}

/** @type {(film: Take, side: string) => any} */
function strip(film, side) {
  const shots = (film.parts ?? []).map(({ take, start, seconds, picked }) => {
    const marks = [take.playable ? "" : PAGE.words[take.state], picked ? "" : "not picked"].filter(Boolean);
    const node = el(
      "button",
      {
        type: "button",
        class: "b shot-of-film",
        title: `${wordsOf(take)}, ${seconds.toFixed(1)} s`,
        onclick: () => jump(start + 0.001),
      },
      el("b", {}, take.shot),
      el("span", { class: "soft" }, [`${seconds.toFixed(1)} s`, ...marks].join(" · ")),
    );
    const item = el("li", {}, node);
    item.style.flexGrow = seconds; // as wide as it is long
    return item;
  });
  return el(
    "section",
    { class: "strip", "aria-label": `Shots of ${filmInWords(film)}` },
    el(
      "p",
      { class: "bar" },
      side ? el("span", { class: "badge", "aria-hidden": "true" }, side) : null,
      el("b", {}, filmInWords(film)),
      el("span", { class: "soft" }, aboutFilm(film)),
    ),
    el("ol", {}, shots),
  );
}

/**
 * Marks the shot of each film that is on.
 * @param {number} time
 */
function showPart(time) {
  for (const [at, box] of [...stripsBox.children].entries()) {
    const film = stage.takes[SIDES[at]];
    if (!film) continue;
    const on = partAt(film, time);
    for (const [number, node] of box.querySelectorAll(".shot-of-film").entries()) {
      if ((node.getAttribute("aria-current") === "true") !== (number === on)) {
        if (number === on) node.setAttribute("aria-current", "true");
        else node.removeAttribute("aria-current");
      }
    }
  }
}

/** @type {View} */
const filmsView = { name: "films", label: "Films", open: openFilms, place: () => stageBox };
