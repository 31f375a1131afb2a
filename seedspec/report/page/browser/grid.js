// The grid: two axes as rows and columns, the others as filters; posters, of which the one at hand plays.

/**
 * @type {{ rows: string, columns: string, filters: Record<string, any>, tile: number, at: number,
 *   a: number | null, b: number | null, preview: any }}
 */
const grid = { rows: "shot", columns: "take", filters: {}, tile: 0, at: 0, a: null, b: null, preview: null };
const pairTray = el("div", { class: "tray", hidden: true, role: "group", "aria-label": "Chosen pair" });
const matrix = el("div", { class: "matrix-box", tabindex: "0", role: "region", "aria-label": "Takes" });
const gridBar = el("div", { class: "bar grid-bar", role: "group", "aria-label": "Rows, columns and filters" });

const sizeSlider = slider(
  "Size",
  { min: 96, max: 420, step: 2, value: 200 },
  (value) => {
    grid.tile = value;
    setTile(value);
  },
  " px",
);

function startGrid() {
  const axes = axesWithChoice();
  grid.columns = PAGE.x || axes.find((a) => a !== "shot") || "take";
  grid.rows = PAGE.y || (grid.columns === "shot" ? axes.find((a) => a !== "shot") || "take" : "shot");
  $("grid").append(gridBar, matrix, pairTray);
  drawGridBar();
}

function drawGridBar() {
  const axes = ["shot", ...AXES, ...AXIS_COLUMNS, "take"];
  const options = axes.map((a) => [a, a]);
  gridBar.replaceChildren(
    choice("Rows", options, grid.rows, (value) => {
      if (value === grid.columns) grid.columns = grid.rows;
      grid.rows = value;
      delete grid.filters[value];
      redrawGrid();
    }),
    choice("Columns", options, grid.columns, (value) => {
      if (value === grid.rows) grid.rows = grid.columns;
      grid.columns = value;
      delete grid.filters[value];
      redrawGrid();
    }),
    el("span", { class: "divider" }),
    ...axes
      .filter((a) => a !== grid.rows && a !== grid.columns && placesOn(a).length > 1)
      .map((axis) =>
        choice(axis, [["", "all"], ...placesOn(axis).map((p) => [p, p])], grid.filters[axis] || "", (value) => {
          grid.filters[axis] = value;
          drawGrid();
        }),
      ),
    choice(
      "state",
      [
        ["", "all"],
        ["saved", "to watch"],
        ["open", "not to watch"],
        ["picked", "picked"],
      ],
      grid.filters["state:"] || "",
      (value) => {
        grid.filters["state:"] = value;
        drawGrid();
      },
    ),
    el("span", { class: "push" }, sizeSlider),
  );
}

function redrawGrid() {
  drawGridBar();
  drawGrid();
}

function setTile(pixels) {
  matrix.style.setProperty("--tile", `${pixels}px`);
  sizeSlider.querySelector("input").value = pixels;
  sizeSlider.querySelector("output").textContent = `${pixels} px`;
}

/** The tile that lets all columns stand side by side, as long as a picture still shows something. */
function fitting(abreast) {
  if (NARROW.matches) return Math.floor((matrix.clientWidth - 32) / 2);
  const tiles = abreast.reduce((sum, n) => sum + n, 0);
  const room = matrix.clientWidth - 150 - 20 * abreast.length - 8 * tiles;
  return Math.round(Math.min(300, Math.max(132, room / tiles)) / 2) * 2;
}

function filtered() {
  return TAKES.filter((take) => {
    const state = grid.filters["state:"];
    if (state === "saved" && !take.playable) return false;
    if (state === "open" && take.playable) return false;
    if (state === "picked" && !isPicked(take) && !take.picked) return false;
    return Object.entries(grid.filters).every(
      ([axis, place]) => !place || axis === "state:" || placeOn(take, axis) === place,
    );
  });
}

function drawGrid() {
  stopPreview();
  const takes = filtered();
  const columns = placesOn(grid.columns, takes);
  const rows = placesOn(grid.rows, takes);
  const cells = new Map();
  for (const take of takes) {
    const cell = JSON.stringify([placeOn(take, grid.rows), placeOn(take, grid.columns)]);
    cells.set(cell, [...(cells.get(cell) || []), take]);
  }
  const inOrder = rows.flatMap((row) => columns.flatMap((column) => cells.get(JSON.stringify([row, column])) || []));
  if (!inOrder.some((t) => t.index === grid.at)) grid.at = inOrder.length ? inOrder[0].index : 0;
  // of many takes in one cell, some stand below the others
  const room = Math.max(1, Math.floor((matrix.clientWidth - 150) / (150 * Math.max(1, columns.length))));
  const abreast = columns.map((column) => {
    const most = Math.max(...rows.map((row) => cells.get(JSON.stringify([row, column]))?.length ?? 0));
    return Math.min(room, most <= 3 ? most : Math.ceil(Math.sqrt(most)));
  });
  const headed = (axis, place) =>
    place === NONE ? [el("span", { class: "soft" }, `no ${axis}`)] : [el("span", { class: "soft" }, axis), ` ${place}`];
  const table = el(
    "table",
    { class: "matrix" },
    el("caption", { class: "unseen" }, `Takes by ${grid.rows} and ${grid.columns}`),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("td", {}),
        columns.map((c) => el("th", { scope: "col" }, headed(grid.columns, c))),
      ),
    ),
    el(
      "tbody",
      {},
      rows.map((row) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, headed(grid.rows, row)),
          columns.map((column, at) => {
            const own = cells.get(JSON.stringify([row, column])) || [];
            const box = el("div", { class: "cell" }, own.map(tile));
            box.style.setProperty("--abreast", abreast[at]);
            return el("td", { "data-head": column === NONE ? "" : column }, own.length ? box : null);
          }),
        ),
      ),
    ),
  );
  matrix.replaceChildren(takes.length ? table : el("p", { class: "empty" }, "No take fits these filters."));
  setTile(grid.tile || fitting(abreast));
  drawPair();
  showGridPicks();
}

function tile(take) {
  const poster = POSTERS[take.index];
  const here = take.index === grid.at;
  const words = wordsOf(take, [grid.rows, grid.columns, placesOn("take").length > 1 ? "" : "take"]);
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
    poster ? el("img", { src: poster, alt: "", loading: "lazy", decoding: "async" }) : null,
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
  );
  const foot = el(
    "div",
    { class: "foot" },
    el("span", { class: "foot-words", title: wordsOf(take) }, words.replace(/take (\d+)$/, "#$1") || `take ${take.take}`),
    take.picked ? el("span", { class: "in-git" }, "in git") : null,
    take.playable
      ? [sideButton("a", take, here), sideButton("b", take, here), pickButton(take, { small: true })]
      : null,
  );
  const box = el("div", { class: "tile", "data-take": take.index, onfocusin: () => settleOn(take) }, face, foot);
  box.style.setProperty("--shape", shapeOf(take));
  for (const node of foot.querySelectorAll("button")) node.tabIndex = here ? 0 : -1;
  return box;
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
  if (CALM.matches || !take.playable || view.name !== "grid") return;
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

/** The next tile in a direction, by where they are on the screen. */
function moveInGrid(key) {
  const from = tileOf(grid.at)?.getBoundingClientRect();
  if (!from) return;
  const along = key === "ArrowLeft" || key === "ArrowRight" ? "x" : "y";
  const sign = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1;
  let best = null;
  for (const node of matrix.querySelectorAll(".tile")) {
    const box = node.getBoundingClientRect();
    const dx = box.left + box.width / 2 - from.left - from.width / 2;
    const dy = box.top + box.height / 2 - from.top - from.height / 2;
    const ahead = sign * (along === "x" ? dx : dy);
    const aside = Math.abs(along === "x" ? dy : dx);
    if (ahead > 4 && (along === "y" || aside < from.height / 2)) {
      const far = ahead + 3 * aside;
      if (!best || far < best.far) best = { node, far };
    }
  }
  if (best) {
    best.node.querySelector(".face").focus({ preventScroll: true });
    best.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function chooseSide(side, take) {
  if (!take.playable) return;
  grid[side] = grid[side] === take.index ? null : take.index;
  const other = side === "a" ? "b" : "a";
  if (grid[side] !== null && grid[other] === grid[side]) grid[other] = null;
  drawPair();
  say(grid[side] === null ? `${side.toUpperCase()} is free again` : `${side.toUpperCase()}: ${wordsOf(take)}`);
}

function drawPair() {
  for (const node of matrix.querySelectorAll("[data-choose]")) {
    press(node, grid[node.dataset.choose] === Number(node.closest(".tile").dataset.take));
  }
  const words = (side) =>
    grid[side] === null ? el("span", { class: "soft" }, "choose another") : wordsOf(TAKES[grid[side]]);
  pairTray.hidden = grid.a === null && grid.b === null;
  pairTray.replaceChildren(
    el("span", { class: "pair" }, el("span", { class: "badge" }, "A"), words("a")),
    el("span", { class: "pair" }, el("span", { class: "badge" }, "B"), words("b")),
    button({
      label: "Compare",
      key: "2",
      kind: "primary",
      act: () => setView("compare"),
      ...(grid.a === null || grid.b === null ? { disabled: true } : {}),
    }),
  );
}

function showGridPicks() {
  for (const node of matrix.querySelectorAll("[data-pick]")) {
    const picked = isPicked(TAKES[Number(node.dataset.pick)]);
    press(node, picked);
    node.closest(".tile").classList.toggle("is-picked", picked);
  }
}
