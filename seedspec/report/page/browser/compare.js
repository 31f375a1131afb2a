// Compare: the stage with two takes that the reviewer chose, and a card under each.

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
  setView("compare");
}

/** @type {(side: "a" | "b", take: Take) => void} */
function setCompared(side, take) {
  grid[side] = take.index;
  const other = side === "a" ? "b" : "a";
  if (grid[other] === take.index) grid[other] = partnerOf(take)?.index ?? null;
  openCompare();
}

function openCompare() {
  const watchable = TAKES.filter((t) => t.playable);
  if (grid.a === null) grid.a = (TAKES[grid.at]?.playable ? TAKES[grid.at] : watchable[0])?.index ?? null;
  if (grid.b === null && grid.a !== null) grid.b = partnerOf(TAKES[grid.a])?.index ?? null;
  empty.textContent = watchable.length
    ? "Only one take can be watched; there is nothing to compare it with."
    : "No take can be watched yet.";
  compareBox.replaceChildren(stageBar, stageBox, transport, cards);
  $("compare").replaceChildren(compareBox);
  const a = grid.a === null ? null : TAKES[grid.a];
  const b = grid.b === null ? null : TAKES[grid.b];
  show(a, b);
  stageBox.setAttribute("aria-label", a && b ? `Stage: A ${wordsOf(a)}, B ${wordsOf(b)}` : "Stage");
  drawCards();
}

function drawCards() {
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  /** @type {HTMLElement | null | undefined} */
  const focused = active?.closest?.(".card");
  const side = focused?.dataset.sideOf;
  const at = focused && active ? [...focused.querySelectorAll("button, select")].indexOf(active) : -1;
  const { a, b } = stage.takes;
  cards.replaceChildren(...[a && card("a", a, b), b && card("b", b, a)].filter(Boolean));
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
  say(`B: ${wordsOf(next)}`);
}
