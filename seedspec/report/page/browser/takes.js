// The takes: what each is called, how two of them differ, and which of them can be asked about in pairs.

/** @type {Take[]} */
const TAKES = PAGE.takes.map((take, index) => ({ ...take, index, playable: take.state === "saved" }));
const AXES = PAGE.axes.map((axis) => axis.name);
const AXIS_COLUMNS = (PAGE.columns ?? []).map((column) => column.name);
const NONE = "–";

/** @param {Take} take */
function keyOf(take) {
  return `${take.address} ${take.fp}`;
}

const BY_KEY = new Map(TAKES.map((take) => [keyOf(take), take]));

/** @param {Take} take */
function promptOf(take) {
  return PAGE.texts[take.prompt];
}

/** @param {Take} take */
function variantOf(take) {
  return take.address.slice(0, take.address.lastIndexOf("/"));
}

/**
 * Where a take stands on an axis; `shot` and `take` are axes too, and so is a column of an axis, `axis.column`.
 * @param {Take} take
 * @param {string} axis
 */
function placeOn(take, axis) {
  if (axis === "shot") return take.shot;
  if (axis === "take") return String(take.take);
  return take.labels[axis] ?? take.columns?.[axis] ?? NONE;
}

/**
 * The places on an axis in the storyboard's order, those of takes that lack it last.
 * @param {string} axis
 */
function placesOn(axis, takes = TAKES) {
  const found = new Set(takes.map((take) => placeOn(take, axis)));
  const known = [...PAGE.axes, ...(PAGE.columns ?? [])].find((a) => a.name === axis)?.labels ?? [];
  const first = known.filter((label) => found.has(label));
  const rest = [...found].filter((label) => !known.includes(label) && label !== NONE);
  if (axis === "take") rest.sort((a, b) => Number(a) - Number(b));
  return [...first, ...rest, ...(found.has(NONE) ? [NONE] : [])];
}

function axesWithChoice() {
  return ["shot", ...AXES, "take"].filter((axis) => placesOn(axis).length > 1);
}

/**
 * A take in words, without what is said elsewhere; what tells it from others comes first.
 * @param {Take} take
 * @param {string[]} without
 * @param {string[]} first
 */
function wordsOf(take, without = [], first = []) {
  const names = ["shot", ...Object.keys(take.labels), "take"].filter((axis) => !without.includes(axis));
  const ordered = [...names.filter((axis) => first.includes(axis)), ...names.filter((axis) => !first.includes(axis))];
  return ordered.map((axis) => (axis === "take" ? `take ${take.take}` : placeOn(take, axis))).join(" · ");
}

/**
 * The axes, `shot` and `take` among them, on which two takes differ.
 * @type {(a: Take, b: Take) => string[]}
 */
function differing(a, b) {
  const names = new Set(["shot", ...Object.keys(a.labels), ...Object.keys(b.labels), "take"]);
  return [...names].filter((axis) => placeOn(a, axis) !== placeOn(b, axis));
}

/** @type {(a: Take, b: Take) => boolean} */
function differentVideos(a, b) {
  return a.index !== b.index && a.fp !== b.fp;
}

/**
 * Takes of one shot, or films, in pairs: those that differ in nothing but one axis, or, for "any", all.
 * @param {string} question
 */
function pairsFor(question, takes = TAKES) {
  /** @type {[Take, Take][]} */
  const pairs = [];
  for (const own of grouped(takes).values()) {
    for (let i = 0; i < own.length; i += 1) {
      for (let j = i + 1; j < own.length; j += 1) {
        const axes = differing(own[i], own[j]);
        const fits = question === "any" || (axes.length === 1 && axes[0] === question);
        if (fits && differentVideos(own[i], own[j])) pairs.push([own[i], own[j]]);
      }
    }
  }
  return pairs;
}

/** The takes that can be watched, by shot. */
function grouped(takes = TAKES) {
  /** @type {Map<string, Take[]>} */
  const shots = new Map();
  for (const take of takes) {
    if (take.playable) shots.set(take.shot, [...(shots.get(take.shot) || []), take]);
  }
  return shots;
}

/**
 * The takes that one is best looked at beside, the best first: of its shot, differing in as little as possible.
 * @param {Take} take
 */
function partnersOf(take) {
  const others = TAKES.filter((t) => t.playable && differentVideos(t, take));
  const distance = (/** @type {Take} */ t) => differing(t, take).length + (t.shot === take.shot ? 0 : 100);
  return others.sort((x, y) => distance(x) - distance(y) || x.index - y.index);
}

/** @param {Take} take */
function partnerOf(take) {
  return partnersOf(take)[0] || null;
}

/** @param {Take} take */
function factsOf(take) {
  const facts = [];
  if (take.seconds) facts.push(`${Number(take.seconds).toFixed(1)} s`);
  if (take.width) facts.push(`${take.width}×${take.height}`);
  if (take.bytes) facts.push(size(take.bytes));
  if (take.usd !== null) facts.push(`${take.estimated ? "about " : ""}${dollars(take.usd)}`);
  return facts;
}
