// Where takes are looked at: two side by side, under a wipe, as their difference, in turn in one place; or four at once.

const MODES = [
  ["side", "Side by side", "V"],
  ["wipe", "Wipe", "W"],
  ["diff", "Difference", "D"],
  ["flip", "Flip", "`"],
  ["four", "Four", "F"],
];
const SIDES = ["a", "b", "c", "d"]; // the last two are on the stage with four alone
const FLIP_PAUSE = 180; // ms between two flips: never more than three flashes a second

const clock = new Clock((time, running) => showTime(time, running));

/** @type {{ takes: Record<string, Take | null>, players: Record<string, any>, warm: any[], [setting: string]: any }} */
const stage = {
  mode: "side",
  takes: { a: null, b: null, c: null, d: null },
  players: { a: null, b: null, c: null, d: null },
  warm: [],
  side: "a", // the take that picks and notes go to, and that a flip shows
  sound: "off",
  wipe: 50,
  gain: 4,
  flipped: 0,
};

const panes = {};
for (const side of SIDES) {
  panes[side] = el(
    "div",
    { class: `pane pane-${side}` },
    el("span", { class: "badge", "aria-hidden": "true" }, side.toUpperCase()),
    el("p", { class: "lost", hidden: true }, "This video cannot be played."),
  );
}
const wipeLine = el("div", { class: "wipe-line", "aria-hidden": "true" });
const empty = el("p", { class: "empty", hidden: true });
const screenBox = el("div", { class: "screen" }, Object.values(panes), wipeLine);
const stageBox = el("div", { class: "stage", role: "group", "aria-label": "Stage", tabindex: "-1" }, screenBox, empty);

const modeButtons = MODES.map(([mode, label, key]) =>
  button({
    label,
    key,
    pressed: mode === "side",
    act: () => (mode === "flip" && stage.mode === "flip" ? flip() : chooseMode(mode)),
    "data-mode": mode,
  }),
);
const wipeSlider = slider("Wipe", { min: 0, max: 100, step: 0.5, value: stage.wipe }, (value) => setWipe(value), "%");
const gainSlider = slider("Gain", { min: 1, max: 32, step: 1, value: stage.gain }, (value) => setGain(value), "×");
const flipButton = button({ label: "Flip to B", key: "`", act: () => flip() });
const stageBar = el(
  "div",
  { class: "bar", role: "group", "aria-label": "How to compare" },
  el("span", { class: "segments" }, modeButtons),
  el("span", { class: "cluster", "data-for": "wipe" }, wipeSlider),
  el("span", { class: "cluster", "data-for": "diff" }, gainSlider),
  el("span", { class: "cluster", "data-for": "flip" }, flipButton),
);

function slider(label, range, act, unit) {
  const shown = el("output", {}, `${range.value}${unit}`);
  const input = el("input", {
    type: "range",
    ...range,
    "aria-label": label,
    oninput: (event) => {
      act(Number(event.target.value));
      shown.textContent = `${event.target.value}${unit}`;
    },
  });
  return el("label", { class: "field range" }, el("span", {}, label), input, shown);
}

/**
 * Puts takes on the stage. Those that are there already, or were warmed up, are not loaded again.
 * @param {{ a: Take | null, b: Take | null, c?: Take | null, d?: Take | null }} takes
 */
function show({ a, b, c = null, d = null }) {
  clock.pause(); // while it still has its players
  const had = [...Object.values(stage.players), ...stage.warm].filter(Boolean);
  stage.warm = [];
  stage.takes = { a, b, c, d };
  stage.players = { a: null, b: null, c: null, d: null };
  const take = (wanted) => {
    const at = had.findIndex((p) => p && p.take === wanted);
    return at < 0 ? null : had.splice(at, 1)[0];
  };
  for (const side of SIDES) if (stage.takes[side]) stage.players[side] = take(stage.takes[side]);
  had.forEach(release);
  for (const side of SIDES) {
    const wanted = stage.takes[side];
    if (wanted && wanted.playable && !stage.players[side]) stage.players[side] = borrow(wanted);
    const player = stage.players[side];
    panes[side].querySelector(":scope > video, :scope > .reel")?.remove();
    if (player) panes[side].prepend(player.box);
    panes[side].hidden = !player;
    panes[side].querySelector(".lost").hidden = !isLost(wanted);
  }
  const shapes = SIDES.filter((side) => stage.takes[side] || side < "c").map((side) => shapeOf(stage.takes[side]));
  screenBox.style.setProperty("--a", shapes[0]);
  screenBox.style.setProperty("--b", shapes[1]);
  screenBox.style.setProperty("--all", shapes.reduce((sum, shape) => sum + shape, 0));
  for (const [at, side] of SIDES.entries()) panes[side].style.setProperty("--own", shapes[at] ?? 1);
  screenBox.style.setProperty("--widest", Math.max(...shapes));
  stageBox.dataset.lie = Math.min(...shapes) > 1 ? "flat" : "tall";
  const alone = Boolean(a?.parts && !b); // a film is looked at by itself, too
  stageBox.dataset.alone = String(alone);
  const missing = !stage.players.a || (!stage.players.b && !alone);
  empty.hidden = !missing;
  screenBox.hidden = missing;
  clock.load(SIDES.map((side) => stage.players[side]).filter(Boolean));
  setSound(stage.players[stage.sound] ? stage.sound : "off");
  setSide(stage.takes[stage.side] ? stage.side : "a");
  setMode(stage.mode);
}

/**
 * Whether nothing of it can be shown; a film has a card in the place of a clip.
 * @param {Take | null} take
 */
function isLost(take) {
  return Boolean(take && !take.parts && isBroken(take));
}

/** A video that turns out not to play says so in its place. */
function showLost() {
  for (const side of SIDES) {
    const take = stage.takes[side];
    panes[side].querySelector(".lost").hidden = !isLost(take);
  }
}

/** Loads what is likely to be looked at next, so that it is there at once. */
function warm(takes) {
  stage.warm = takes
    .filter((t) => t && t.playable)
    .map((t) => borrow(t))
    .filter(Boolean);
}

function clearStage() {
  clock.pause();
  for (const player of [...Object.values(stage.players), ...stage.warm]) release(player);
  stage.players = { a: null, b: null, c: null, d: null };
  stage.takes = { a: null, b: null, c: null, d: null };
  stage.warm = [];
  clock.players = [];
}

function shapeOf(take) {
  return take && take.width && take.height ? take.width / take.height : 16 / 9;
}

/** Four at once are two more takes on the stage, which compare alone can choose. */
function chooseMode(mode) {
  const four = mode === "four" || stage.mode === "four";
  if (mode === "four" && view.name !== "compare") return;
  setMode(mode);
  if (four) openCompare();
  else writeAddress();
}

function setMode(mode) {
  stage.mode = mode;
  stageBox.dataset.mode = mode;
  for (const node of modeButtons) {
    press(node, node.dataset.mode === mode);
    node.hidden = node.dataset.mode === "four" && view.name !== "compare";
  }
  for (const node of stageBar.querySelectorAll("[data-for]")) node.hidden = node.dataset.for !== mode;
  setWipe(stage.wipe);
  setGain(stage.gain);
  setSide(stage.side);
}

function setWipe(percent) {
  stage.wipe = Math.min(100, Math.max(0, percent));
  screenBox.style.setProperty("--wipe", `${stage.wipe}%`);
  const input = wipeSlider.querySelector("input");
  if (Number(input.value) !== stage.wipe) input.value = stage.wipe;
  wipeSlider.querySelector("output").textContent = `${Math.round(stage.wipe)}%`;
}

function setGain(times) {
  stage.gain = times;
  screenBox.style.setProperty("--gain", times);
}

/** Which take is meant by what follows: a pick, a note, and what a flip shows. */
function setSide(side) {
  stage.side = side;
  stageBox.dataset.side = side;
  flipButton.querySelector("span").textContent = `Flip to ${side === "a" ? "B" : "A"}`;
  for (const name of SIDES) {
    document
      .querySelectorAll(`[data-side-of="${name}"]`)
      .forEach((node) => node.classList.toggle("meant", name === side));
  }
}

function flip() {
  const now = performance.now();
  if (stage.mode === "flip" && now - stage.flipped < FLIP_PAUSE) return;
  stage.flipped = now;
  if (stage.mode !== "flip") chooseMode("flip");
  setSide(stage.side === "a" ? "b" : "a");
}

function setSound(which) {
  stage.sound = which;
  for (const side of SIDES) if (stage.players[side]) stage.players[side].video.muted = which !== side;
  showSound();
}

function nextSound() {
  const heard = ["off", ...SIDES.filter((side) => stage.players[side])];
  setSound(heard[(heard.indexOf(stage.sound) + 1) % heard.length]);
  say(stage.sound === "off" ? "Sound off" : `Sound of ${stage.sound.toUpperCase()}`);
}

function wipeFrom(event) {
  const box = screenBox.getBoundingClientRect();
  setWipe(((event.clientX - box.left) / box.width) * 100);
}

stageBox.addEventListener("pointerdown", (event) => {
  if (stage.mode !== "wipe" || event.button !== 0) return;
  screenBox.setPointerCapture(event.pointerId);
  wipeFrom(event);
});
stageBox.addEventListener("pointermove", (event) => {
  if (stage.mode === "wipe" && screenBox.hasPointerCapture(event.pointerId)) wipeFrom(event);
});
