// Compare: the stage with two takes that the reviewer chose, or four, and a card under each.

const cards = el("div", { class: "cards" });
const compareBox = el("div", { class: "looking" });

/**
 * Compare from one take: it becomes A, and B the one that differs least from it, unless B was chosen.
 * @param {Take} take
 */
function compareFrom(take) {
  grid.a = take.index;
  const chosen = grid.b !== null && grid.b !== take.index ? TAKES[grid.b] : null;
  const partner = chosen && chosen.shot === take.shot ? chosen : partnerOf(take);
  grid.b = partner ? partner.index : null;
  grid.c = null;
  grid.d = null;
  setView("compare");
}

/** @type {(side: string, take: Take) => void} */
function setCompared(side, take) {
  for (const other of SIDES) if (grid[other] === take.index) grid[other] = null;
  grid[side] = take.index;
  openCompare();
}

/** Sides that nobody has chosen get the takes that are best looked at beside A. */
function fillSides() {
  const watchable = TAKES.filter((t) => t.playable);
  if (grid.a === null) grid.a = (TAKES[grid.at]?.playable ? TAKES[grid.at] : watchable[0])?.index ?? null;
  if (grid.a === null) return;
  const near = partnersOf(TAKES[grid.a]);
  for (const side of stage.mode === "four" ? ["b", "c", "d"] : ["b"]) {
    if (grid[side] !== null) continue;
    const used = SIDES.map((other) => grid[other]);
    grid[side] = near.find((take) => !used.includes(take.index))?.index ?? null;
  }
}

function openCompare() {
  fillSides();
  empty.textContent = TAKES.some((t) => t.playable)
    ? "Only one take can be watched; there is nothing to compare it with."
    : "No take can be watched yet.";
  compareBox.replaceChildren(stageBar, stageBox, transport, cards);
  $("compare").replaceChildren(compareBox);
  const of = (/** @type {string} */ side) => (grid[side] === null ? null : TAKES[grid[side]]);
  const four = stage.mode === "four";
  show({ a: of("a"), b: of("b"), c: four ? of("c") : null, d: four ? of("d") : null });
  const named = Object.entries(stage.takes).flatMap(([s, take]) => (take ? [`${s.toUpperCase()} ${wordsOf(take)}`] : []));
  stageBox.setAttribute("aria-label", named.length > 1 ? `Stage: ${named.join(", ")}` : "Stage");
  drawCards();
  writeAddress();
}

function drawCards() {
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  /** @type {HTMLElement | null | undefined} */
  const focused = active?.closest?.(".card");
  const side = focused?.dataset.sideOf;
  const at = focused && active ? [...focused.querySelectorAll("button, select")].indexOf(active) : -1;
  const { a, b } = stage.takes;
  const shown = SIDES.filter((name) => stage.takes[name]);
  cards.dataset.many = String(shown.length);
  cards.replaceChildren(...shown.map((name) => card(name, stage.takes[name], name === "a" ? b : a)));
  setSide(stage.side);
  showTicks();
  if (at >= 0) cards.querySelector(`[data-side-of="${side}"]`)?.querySelectorAll("button, select")[at]?.focus();
}

/** The side that is meant next is the other one's neighbour among the takes of its shot. */
function nextCompared(direction) {
  const { a, b } = stage.takes;
  if (!a || !b) return;
  const others = TAKES.filter((t) => t.playable && t !== a && t.shot === b.shot && differentVideos(t, a));
  const at = others.indexOf(b);
  const next = others[(at + direction + others.length) % others.length];
  setCompared("b", next);
  say(`B: ${wordsOf(next, [], differing(a, next))}`);
}

/** @type {View} */
const compareView = { name: "compare", label: "Compare", open: openCompare, redraw: drawCards, place: () => stageBox };
