// A tile of the grid: the poster of a take, what tells it from its neighbours, and what can be done with it at once.

/** The width of a tile as a part of the size that was asked for: whatever their shape, all have the same area. */
function breadthOf(take) {
  return Math.sqrt(shapeOf(take) / WIDE);
}

/**
 * @param {Take} take
 * @param {string[]} said axes that the row and the column say
 * @param {string[]} differ axes on which the takes that are shown differ
 */
function tile(take, said, differ) {
  const here = take.index === grid.at;
  const poster = POSTERS[take.index];
  const unmet = unmetOf(take);
  const face = el(
    "button",
    {
      type: "button",
      class: "face",
      tabindex: here ? "0" : "-1",
      title: wordsOf(take),
      onclick: () => (take.playable ? compareFrom(take) : say(`${wordsOf(take)}: ${take.reason}`)),
      onpointerenter: () => hovered(take),
      onpointerleave: () => stopPreview(),
    },
    el("span", { class: "unseen" }, `${take.playable ? "Compare " : ""}${wordsOf(take)} `),
    poster ? el("img", { src: poster, alt: "", decoding: "async" }) : null,
    take.playable
      ? poster
        ? null
        : el("span", { class: "blank" }, "no poster")
      : el(
          "span",
          { class: "blank" },
          stateOf(take),
          take.state === "new" ? null : el("span", { class: "why" }, take.reason),
        ),
    take.playable ? el("span", { class: "length" }, `${Number(take.seconds).toFixed(1)} s`) : null,
    unmet.length ? el("span", { class: "misses" }, icon("flag"), unmet.map((u) => measureName(u.measure)).join(", ")) : null,
  );
  const foot = el(
    "div",
    { class: "foot" },
    tileWords(take, said, differ),
    take.playable
      ? el(
          "span",
          { class: "foot-buttons" },
          sideButton("a", take, here),
          sideButton("b", take, here),
          pickButton(take, { small: true }),
        )
      : null,
  );
  const box = el("div", { class: "tile", "data-take": take.index, onfocusin: () => settleOn(take) }, face, foot);
  box.classList.toggle("is-broken", isBroken(take));
  box.style.setProperty("--shape", shapeOf(take));
  box.style.setProperty("--breadth", breadthOf(take));
  for (const node of foot.querySelectorAll("button")) node.tabIndex = here ? 0 : -1;
  return box;
}

/** The number of the take is never cut; labels stand below or beside it, those that differ first. */
function tileWords(take, said, differ) {
  const silent = ["take", ...said, ...Object.keys(take.labels).filter((axis) => !differ.includes(axis))];
  const words = wordsOf(take, differ.includes("shot") ? silent : ["shot", ...silent]);
  const value = grid.sort && grid.sort !== "unmet" ? measureInWords(take, grid.sort) : "";
  return el(
    "span",
    { class: "foot-words", title: wordsOf(take) },
    said.includes("take") ? null : el("span", { class: "take-number" }, `take ${take.take}`),
    value ? el("span", { class: "value" }, value) : null,
    words ? el("span", { class: "foot-labels" }, words) : null,
    take.picked ? el("span", { class: "in-git" }, "in git") : null,
  );
}

function sideButton(side, take, here) {
  const name = side.toUpperCase();
  return button({
    label: name,
    kind: "icon letter",
    say: `${name}: ${wordsOf(take)}`,
    pressed: grid[side] === take.index,
    act: () => chooseSide(side, take),
    tabindex: here ? "0" : "-1",
    "data-choose": side,
  });
}

function tileOf(index) {
  return matrix.querySelector(`[data-take="${index}"]`);
}

/** The tile that has the keyboard; it plays, unless motion is unwelcome. */
function settleOn(take) {
  if (take.index !== grid.at) {
    const before = tileOf(grid.at);
    for (const node of before ? before.querySelectorAll("button") : []) node.tabIndex = -1;
    grid.at = take.index;
    for (const node of tileOf(take.index).querySelectorAll("button")) node.tabIndex = 0;
  }
  hovered(take);
}

function hovered(take) {
  if (CALM.matches || !take.playable || isBroken(take) || view.name !== "grid") return;
  if (grid.preview && grid.preview.take === take) return;
  stopPreview();
  const player = borrow(take);
  if (!player) return;
  grid.preview = player;
  player.video.loop = true;
  const face = tileOf(take.index).querySelector(".face");
  face.append(player.video);
  player.video.play().catch(() => {});
}

function stopPreview() {
  if (grid.preview) release(grid.preview);
  grid.preview = null;
}
