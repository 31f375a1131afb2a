// One key for everything; none is taken from a field or a button that has a use for it, and all can be switched off.

const KEYS_STORE = "seedspec-review:single-keys";
let singleKeys = stored(KEYS_STORE) !== "off";

const KEYS = [
  ["1 2 3 …", "the views, in their order"],
  ["Space, K", "play, pause"],
  ["J  L", "slower, faster; the slowest runs backwards"],
  [",  .", "one frame back, on"],
  ["Home  End", "first, last frame"],
  ["V  W  D  F", "side by side, wipe, difference, four takes at once"],
  ["`", "flip between A and B in place"],
  ["M", "sound: off, or of one take"],
  ["R", "loop"],
  ["← → ↑ ↓", "move in the grid; one frame in compare"],
  ["Enter", "compare the take at hand"],
  ["A  B", "grid: choose as A or B; compare: mean A or B; blind: A or B is better"],
  ["T  X", "blind: tie, both bad"],
  ["[  ]", "compare: another B; blind: back, skip"],
  ["P", "pick the take"],
  ["N", "note at this time"],
  ["U", "undo"],
  ["S", "save the review file"],
  ["?", "this help"],
];

function looking() {
  return comparing() || (view.name === "films" && stage.players.a);
}

/** Whether two are on the stage. */
function comparing() {
  return ["compare", "blind", "films"].includes(view.name) && stage.players.a && stage.players.b;
}

/**
 * The take that a key means: the tile at hand, or the side that is meant.
 * @returns {Take | null}
 */
function atHand() {
  if (view.name === "grid") return TAKES[grid.at] ?? null;
  if (view.name === "compare") return stage.takes[stage.side];
  return null;
}

/** @type {Record<string, () => unknown>} What a single key does; false where the key keeps its own meaning. */
const ACTIONS = {
  " ": () => looking() && clock.toggle(),
  k: () => looking() && clock.toggle(),
  j: () => looking() && shuttle(-1),
  l: () => looking() && shuttle(1),
  ",": () => looking() && clock.step(-1),
  ".": () => looking() && clock.step(1),
  Home: () => looking() && jump(0),
  End: () => looking() && jump(Infinity),
  v: () => comparing() && chooseMode("side"),
  w: () => comparing() && chooseMode("wipe"),
  d: () => comparing() && chooseMode("diff"),
  f: () => comparing() && chooseMode("four"),
  "`": () => comparing() && flip(),
  m: () => looking() && nextSound(),
  r: () => looking() && toggleLoop(),
  a: () => sideKey("a"),
  b: () => sideKey("b"),
  t: () => view.name === "blind" && cast("tie"),
  x: () => view.name === "blind" && cast("bad"),
  "[": () => (view.name === "blind" ? stepPair(-1) : view.name === "compare" && looking() && nextCompared(-1)),
  "]": () => (view.name === "blind" ? cast("skip") : view.name === "compare" && looking() && nextCompared(1)),
  p: () => {
    const take = atHand();
    if (take?.playable) togglePick(take);
  },
  n: () => {
    const take = view.name === "blind" && looking() ? stage.takes[stage.side] : atHand();
    const at = view.name === "grid" ? (grid.preview?.video.currentTime ?? 0) : clock.time;
    if (take?.playable && !take.parts) openNote(take, at);
  },
  u: () => undoShown(),
  s: () => save(),
  "?": () => openHelp(),
};
for (let number = 1; number <= 9; number += 1) ACTIONS[number] = () => VIEWS[number - 1] && setView(VIEWS[number - 1].name);
for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) {
  ACTIONS[key] = () => {
    if (view.name === "grid") moveInGrid(key);
    else if (looking() && key === "ArrowLeft") clock.step(-1);
    else if (looking() && key === "ArrowRight") clock.step(1);
    else return false;
    return true;
  };
}

function sideKey(side) {
  if (view.name === "blind") cast(side.toUpperCase());
  else if (view.name === "grid" && TAKES[grid.at]) chooseSide(side, TAKES[grid.at]);
  else if (comparing()) {
    setSide(side);
    if (view.name !== "compare") return;
    drawCards();
    const take = stage.takes[side];
    if (take) say(`${side.toUpperCase()} is meant: ${wordsOf(take)}`);
  }
}

function undoShown() {
  const before = marks.votes;
  if (undo() && view.name === "blind") backTo(before);
}

/** Whether the focused element has its own use for a key. */
function taken(target, key) {
  const name = target.tagName;
  if (target.isContentEditable || name === "TEXTAREA" || name === "SELECT") return true;
  if (name === "INPUT" && !["range", "radio", "checkbox", "button"].includes(target.type)) return true;
  if (name === "INPUT") return key === " " || key.startsWith("Arrow") || key === "Home" || key === "End";
  if (name === "BUTTON" || name === "SUMMARY" || name === "A") return key === " " || key === "Enter";
  return false;
}

document.addEventListener("keydown", (event) => {
  if (!singleKeys || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const action = ACTIONS[key];
  if (!action || taken(event.target, key)) return;
  if (event.repeat && !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", ",", "."].includes(key)) return;
  const scrolls = event.target === rowsBox && key.startsWith("Arrow");
  if (scrolls || action() === false) return;
  event.preventDefault();
});

function openHelp() {
  const dialog = dialogOf("help");
  const toggle = el("input", {
    type: "checkbox",
    ...(singleKeys ? { checked: true } : {}),
    onchange: (event) => {
      singleKeys = event.target.checked;
      keep(KEYS_STORE, singleKeys ? "on" : "off");
      say(singleKeys ? "Single keys work" : "Single keys are off");
    },
  });
  dialog.replaceChildren(
    el("h2", { id: "help-title" }, "Keys"),
    el(
      "dl",
      { class: "keys" },
      KEYS.map(([key, words]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, words)]),
    ),
    el("label", { class: "check" }, toggle, el("span", {}, "Single keys do something. Everything has a button too.")),
    el(
      "p",
      { class: "soft" },
      "Picks, votes and notes stay in this browser until they are saved as a file; nothing leaves this page by itself.",
    ),
    el("div", { class: "bar end" }, button({ label: "Close", kind: "primary", act: () => dialog.close() })),
  );
  dialog.showModal();
}
