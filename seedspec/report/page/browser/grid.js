// The grid: takes by two axes, or in the order of a measure; posters, of which the one at hand plays.

const WIDE = 16 / 9;
const HEAD_ROOM = 150; // pixels that the names of the rows take
const matrix = el("div", { class: "matrix-box", tabindex: "0", role: "region", "aria-label": "Takes" });
const pairTray = el("div", { class: "tray", hidden: true, role: "group", "aria-label": "Chosen pair" });

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
  $("grid").append(barFold, matrix, pairTray);
  NARROW.addEventListener("change", () => view.name === "grid" && drawGrid());
  drawGridBar();
}

function setTile(pixels) {
  matrix.style.setProperty("--tile", `${pixels}px`);
  sizeSlider.querySelector("input").value = pixels;
  sizeSlider.querySelector("output").textContent = `${pixels} px`;
}

/** The size that lets all columns stand side by side, as long as a picture still shows something. */
function fitting(abreast, widest) {
  if (NARROW.matches) return Math.floor((matrix.clientWidth - 32) / 2 / widest);
  const tiles = abreast.reduce((sum, n) => sum + n, 0);
  const room = matrix.clientWidth - HEAD_ROOM - 20 * abreast.length - 8 * tiles;
  return Math.round(Math.min(300, Math.max(132, 124 / widest, room / tiles / widest)) / 2) * 2;
}

function drawGrid() {
  stopPreview();
  const takes = filtered();
  const widest = Math.max(...takes.map(breadthOf), 0.4);
  const differ = ["shot", ...AXES, "take"].filter((axis) => placesOn(axis, takes).length > 1);
  const { table, inOrder, abreast } = grid.sort ? sequence(takes, differ) : cellsOf(takes, differ, widest);
  if (!inOrder.some((t) => t.index === grid.at)) grid.at = inOrder.length ? inOrder[0].index : 0;
  const first = table.querySelector(`[data-take="${grid.at}"]`);
  for (const node of first ? first.querySelectorAll("button") : []) node.tabIndex = 0;
  matrix.replaceChildren(takes.length ? table : el("p", { class: "empty" }, "No take fits these filters."));
  matrix.style.setProperty("--widest", String(widest));
  setTile(grid.tile || fitting(abreast, widest));
  drawPair();
  showGridPicks();
  writeAddress();
}

/** All takes in the order of a measure, one behind the other. */
function sequence(takes, differ) {
  const inOrder = sortedBy(takes, grid.sort, grid.down);
  const tiles = inOrder.map((take) => tile(take, [], differ));
  const across = Math.max(1, Math.floor((matrix.clientWidth - 40) / 210));
  return { table: el("div", { class: "cell sequence" }, tiles), inOrder, abreast: [across] };
}

/** The takes as a table of rows and columns. */
function cellsOf(takes, differ, widest) {
  const columns = placesOn(grid.columns, takes);
  const rows = placesOn(grid.rows, takes);
  const cells = groupedBy(takes, (take) => JSON.stringify([placeOn(take, grid.rows), placeOn(take, grid.columns)]));
  const at = (row, column) => cells.get(JSON.stringify([row, column])) ?? [];
  const inOrder = rows.flatMap((row) => columns.flatMap((column) => at(row, column)));
  // of many takes in one cell, some stand below the others
  const least = Math.max(124, 150 * widest) * Math.max(1, columns.length);
  const room = Math.max(1, Math.floor((matrix.clientWidth - HEAD_ROOM) / least));
  const abreast = columns.map((column) => {
    const most = Math.max(...rows.map((row) => at(row, column).length));
    return Math.min(room, most <= 3 ? most : Math.ceil(Math.sqrt(most)));
  });
  const headed = (axis, place) =>
    place === NONE ? [el("span", { class: "soft" }, `no ${axis}`)] : [el("span", { class: "soft" }, axis), ` ${place}`];
  const said = [grid.rows, grid.columns];
  const cell = (row, column, number) => {
    const own = at(row, column);
    const box = el("div", { class: "cell" }, own.map((take) => tile(take, said, differ)));
    box.style.setProperty("--abreast", abreast[number]);
    return el("td", { "data-head": column === NONE ? "" : column }, own.length ? box : null);
  };
  const line = (row) =>
    el("tr", {}, el("th", { scope: "row" }, headed(grid.rows, row)), columns.map((column, n) => cell(row, column, n)));
  const heads = columns.map((column) => el("th", { scope: "col" }, headed(grid.columns, column)));
  const table = el(
    "table",
    { class: "matrix" },
    el("caption", { class: "unseen" }, `Takes by ${grid.rows} and ${grid.columns}`),
    el("thead", {}, el("tr", {}, el("td", {}), heads)),
    el("tbody", {}, rows.map(line)),
  );
  return { table, inOrder, abreast };
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
  const [a, b] = ["a", "b"].map((side) => (grid[side] === null ? null : TAKES[grid[side]]));
  const first = a && b ? differing(a, b) : [];
  const words = (/** @type {Take | null} */ take) =>
    take ? wordsOf(take, [], first) : el("span", { class: "soft" }, "choose another");
  pairTray.hidden = grid.a === null && grid.b === null;
  pairTray.replaceChildren(
    el("span", { class: "pair" }, el("span", { class: "badge" }, "A"), words(a)),
    el("span", { class: "pair" }, el("span", { class: "badge" }, "B"), words(b)),
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

/** @type {View} */
const gridView = {
  name: "grid",
  label: "Grid",
  open: drawGrid,
  redraw: showGridPicks,
  place: () => tileOf(grid.at)?.querySelector(".face"),
  close: stopPreview,
};
