// What is looked at stands in the address' fragment, so that a reload and a shared link show the same.

const MOST_ADDRESS = 4000; // letters of a fragment that are read at all
const SHAPES = ["side", "wipe", "diff", "flip", "four"];
const BY_ADDRESS = new Map(TAKES.map((take) => [take.address, take]));

/**
 * The fragment of what is on the screen. Only what is not as the page opens is said.
 * @param {Record<string, any>} given the state of the grid
 * @param {{ view: string, mode: string, question: string, criterion: string, board: { sort: string, down: boolean },
 *   of: string, films: { a: number, b: number } }} other
 */
function fragmentOf(given, other) {
  const said = new URLSearchParams();
  const add = (/** @type {string} */ key, /** @type {unknown} */ value) => {
    if (value !== "" && value !== null && value !== undefined) said.append(key, String(value));
  };
  add("view", other.view);
  if (GUEST) return said.toString();
  add("rows", given.rows);
  add("columns", given.columns);
  for (const [axis, place] of given.filters) if (place) add(`is:${axis}`, place);
  add("state", given.state);
  add("expect", given.unmet);
  if (given.bound.measure && given.bound.value !== null) {
    add(given.bound.most ? "most" : "least", `${given.bound.measure}:${given.bound.value}`);
  }
  if (given.sort) add("sort", `${given.down ? "-" : ""}${given.sort}`);
  for (const side of SIDES) if (given[side] !== null) add(side, TAKES[given[side]].address);
  if (other.mode !== "side") add("mode", other.mode);
  if (other.films.a > 0) add("film", FILMS[other.films.a].address);
  if (other.films.b >= 0) add("beside", FILMS[other.films.b].address);
  if (other.of !== "takes") add("vote", other.of);
  if (other.question) add("ask", other.question);
  if (other.criterion !== "overall") add("by", other.criterion);
  if (other.board.sort !== "order") add("table", `${other.board.down ? "-" : ""}${other.board.sort}`);
  return said.toString();
}

/**
 * What a fragment says, as far as this page knows it: anybody may have written it, so each value must be one of those
 * that the page itself would offer.
 * @param {string} fragment
 */
function stateIn(fragment) {
  const text = fragment.replace(/^#/, "");
  const said = new URLSearchParams(text.length <= MOST_ADDRESS ? text : "");
  const one = (/** @type {string} */ key, /** @type {readonly string[]} */ known) => {
    const value = said.get(key) ?? "";
    return known.includes(value) ? value : null;
  };
  const sorted = (/** @type {string} */ key, /** @type {readonly string[]} */ known) => {
    const value = said.get(key) ?? "";
    const name = value.replace(/^-/, "");
    return known.includes(name) ? { name, down: value.startsWith("-") } : null;
  };
  /** @type {Map<string, string>} */
  const filters = new Map();
  for (const axis of SHOWN_AXES) {
    const place = said.get(`is:${axis}`);
    if (place !== null && placesOn(axis).includes(place)) filters.set(axis, place);
  }
  const bound = ["most", "least"].flatMap((key) => {
    const found = /^(.+):(-?[0-9]{1,9}(?:\.[0-9]{1,6})?)$/.exec(said.get(key) ?? "");
    return found && MEASURES.includes(found[1]) ? [{ measure: found[1], most: key === "most", value: Number(found[2]) }] : [];
  })[0];
  const [rows, columns] = [one("rows", SHOWN_AXES), one("columns", SHOWN_AXES)];
  /** @type {Record<string, number>} */
  const sides = {};
  for (const side of SIDES) {
    const take = BY_ADDRESS.get(said.get(side) ?? "");
    if (take?.playable && !Object.values(sides).includes(take.index)) sides[side] = take.index;
  }
  return {
    view: one("view", VIEWS.map((v) => v.name)),
    rows: rows !== columns ? rows : null,
    columns: rows !== columns ? columns : null,
    filters,
    state: one("state", STATES.map(([value]) => value)) ?? "",
    unmet: one("expect", EXPECTATIONS.map(([value]) => value)) ?? "",
    bound: bound ?? { measure: "", most: true, value: null },
    sort: sorted("sort", sorts().map(([value]) => value).filter(Boolean)),
    sides,
    mode: one("mode", SHAPES) ?? "side",
    films: { a: Math.max(0, filmNamed(said.get("film"))), b: filmNamed(said.get("beside")) },
    of: one("vote", votable().map(([value]) => value)) ?? "takes",
    question: one("ask", [...new Set([...questions("takes"), ...questions("films")].map(([value]) => value))]) ?? "",
    criterion: one("by", CRITERIA.map(([value]) => value)) ?? "overall",
    table: sorted("table", COLUMNS.map(([name]) => name)),
  };
}

/** @type {(name: string | null) => number} Which film has this name; -1 when none has. */
function filmNamed(name) {
  return FILMS.findIndex((film) => film.address === name);
}

/** Takes over what the address says; gives the view that it names. */
function readAddress() {
  const found = stateIn(location.hash);
  const { filters, state, unmet, bound } = found;
  Object.assign(grid, { filters, state, unmet, bound });
  if (found.rows && found.columns) Object.assign(grid, { rows: found.rows, columns: found.columns });
  grid.sort = found.sort?.name ?? "";
  grid.down = found.sort?.down ?? true;
  for (const side of SIDES) grid[side] = found.sides[side] ?? null;
  stage.mode = found.mode;
  Object.assign(blind, { of: found.of, question: found.question, criterion: found.criterion });
  Object.assign(watched, found.films);
  board.sort = found.table?.name ?? "order";
  board.down = found.table?.down ?? false;
  drawGridBar();
  return found.view;
}

/** The address that says what is on the screen; the page before it stays the page before it. */
function writeAddress() {
  if (!view.name) return;
  const { mode } = stage;
  const { of, question, criterion } = blind;
  const other = { view: view.name, mode, of, question, criterion, board, films: watched };
  const fragment = fragmentOf(grid, other);
  if (`#${fragment}` === location.hash) return;
  try {
    history.replaceState(null, "", `#${fragment}`);
  } catch {
    // a page in a sandbox, or too many changes in a second: only the address stays behind
  }
}

/** Somebody has changed the address by hand, or followed a link to another state of this page. */
function followAddress() {
  const name = readAddress() ?? view.name;
  view.name = "";
  setView(name, { stay: true });
}
