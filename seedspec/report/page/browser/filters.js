// Which takes the grid shows, and in what order: two axes as rows and columns, or a sequence by a measure.

/**
 * `filters` by axis; `sort` is a measure or "unmet", "" for the matrix; `bound` is what a measure must reach.
 * @type {{ rows: string, columns: string, filters: Map<string, string>, state: string, unmet: string, sort: string,
 *   down: boolean, bound: { measure: string, most: boolean, value: number | null }, tile: number, at: number,
 *   preview: any, [side: string]: any }}
 */
const grid = {
  rows: "shot", columns: "take", filters: new Map(), state: "", unmet: "", sort: "", down: true,
  bound: { measure: "", most: true, value: null }, tile: 0, at: 0, a: null, b: null, c: null, d: null, preview: null,
};
const STATES = [
  ["", "all"],
  ["saved", "to watch"],
  ["open", "not to watch"],
  ["picked", "picked"],
];
const EXPECTATIONS = [
  ["", "all"],
  ["unmet", "not met"],
  ["met", "met"],
];
const SHOWN_AXES = ["shot", ...AXES, ...AXIS_COLUMNS, "take"];
const gridBar = el("div", { class: "bar grid-bar", role: "group", "aria-label": "Rows, columns and filters" });
const barFold = foldedOnPhones("Rows, columns, filters", gridBar);

/** What can be sorted by: nothing, what is not met, each measure that a take has. */
function sorts() {
  const own = [...(EXPECTS ? ["unmet"] : []), ...MEASURES];
  return [["", "matrix"], ...own.map((name) => [name, name === "unmet" ? "not met" : measureName(name)])];
}

/** @type {(take: Take) => boolean} */
function fits(take) {
  const { state, unmet, bound } = grid;
  if (state === "saved" && !take.playable) return false;
  if (state === "open" && take.playable) return false;
  if (state === "picked" && !isPicked(take) && !take.picked) return false;
  if (unmet && (unmet === "unmet") !== unmetOf(take).length > 0) return false;
  if (bound.measure && bound.value !== null) {
    const found = measureOf(take, bound.measure);
    if (found === null || (bound.most ? found > bound.value : found < bound.value)) return false;
  }
  return [...grid.filters].every(([axis, place]) => !place || placeOn(take, axis) === place);
}

function filtered() {
  return TAKES.filter(fits);
}

/** An axis as rows or columns; where the other one has it, they change places. */
function axisChoice(label, own, other) {
  return choice(label, SHOWN_AXES.map((a) => [a, a]), grid[own], (value) => {
    if (value === grid[other]) grid[other] = grid[own];
    grid[own] = value;
    grid.filters.delete(value);
    redrawGrid();
  });
}

function drawGridBar() {
  const set = (/** @type {string} */ key) => (value) => {
    grid[key] = value;
    drawGrid();
  };
  const aside = SHOWN_AXES.filter((a) => (grid.sort || (a !== grid.rows && a !== grid.columns)) && placesOn(a).length > 1);
  gridBar.replaceChildren(
    ...(sorts().length > 1 ? [sortChoice()] : []),
    ...(grid.sort ? [] : [axisChoice("Rows", "rows", "columns"), axisChoice("Columns", "columns", "rows")]),
    el("span", { class: "divider" }),
    ...aside.map((axis) =>
      choice(axis, [["", "all"], ...placesOn(axis).map((p) => [p, p])], grid.filters.get(axis) || "", (value) => {
        grid.filters.set(axis, value);
        drawGrid();
      }),
    ),
    choice("state", STATES, grid.state, set("state")),
    ...(EXPECTS ? [choice("expectations", EXPECTATIONS, grid.unmet, set("unmet"))] : []),
    ...(MEASURES.length ? [boundChoice()] : []),
    el("span", { class: "push" }, sizeSlider),
  );
}

function sortChoice() {
  return el(
    "span",
    { class: "cluster" },
    choice("Order", sorts(), grid.sort, (value) => {
      grid.sort = value;
      redrawGrid();
    }),
    grid.sort
      ? button({
          label: grid.down ? "most first" : "least first",
          say: `${grid.down ? "Most first" : "Least first"}: turn round`,
          act: () => {
            grid.down = !grid.down;
            redrawGrid();
          },
        })
      : null,
  );
}

/** A measure, at least or at most, and a number. */
function boundChoice() {
  const { bound } = grid;
  const change = (/** @type {object} */ next) => {
    Object.assign(bound, next);
    redrawGrid();
  };
  const number = el("input", {
    type: "number",
    step: "any",
    class: "bound",
    "aria-label": `${measureName(bound.measure)} ${bound.most ? "at most" : "at least"}`,
    value: bound.value ?? "",
    onchange: (event) => change({ value: event.target.value === "" ? null : Number(event.target.value) }),
  });
  return el(
    "span",
    { class: "cluster" },
    choice("measure", [["", "any"], ...MEASURES.map((m) => [m, measureName(m)])], bound.measure, (measure) =>
      change({ measure, value: null }),
    ),
    bound.measure
      ? [
          button({
            label: bound.most ? "at most" : "at least",
            say: `${bound.most ? "At most" : "At least"}: turn round`,
            act: () => change({ most: !bound.most }),
          }),
          number,
          el("span", { class: "soft" }, UNITS[bound.measure] ?? ""),
        ]
      : null,
  );
}

function redrawGrid() {
  const had = /** @type {HTMLElement | null} */ (document.activeElement);
  const controls = () => [...gridBar.querySelectorAll("select, button, input")];
  const at = had && gridBar.contains(had) ? controls().indexOf(had) : -1;
  drawGridBar();
  if (at >= 0) /** @type {HTMLElement | undefined} */ (controls()[Math.min(at, controls().length - 1)])?.focus();
  drawGrid();
}
