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
 * Takes of one shot, or films, in pairs: those that differ in nothing but one axis, or, for "any", all. One by one: of
 * thousands of takes there are millions of pairs, and often it is enough to know that there is one.
 * @param {string} question
 * @returns {Generator<[Take, Take], undefined>}
 */
function* pairsOneByOne(question, takes = TAKES) {
  for (const own of grouped(takes).values()) {
    const names = new Set([...own.flatMap((take) => Object.keys(take.labels)), "take"]);
    const others = [...names].filter((axis) => axis !== question);
    const rest = (/** @type {Take} */ take) =>
      question === "any" ? "" : JSON.stringify(others.map((axis) => placeOn(take, axis)));
    const alike = groupedBy(own, rest);
    for (const take of own) {
      const later = alike.get(rest(take)) ?? [];
      later.shift(); // the take itself: all before it have had their turn
      for (const other of later) {
        const fits = question === "any" || placeOn(take, question) !== placeOn(other, question);
        if (fits && differentVideos(take, other)) yield [take, other];
      }
    }
  }
}

/** @param {string} question */
function pairsFor(question, takes = TAKES) {
  return [...pairsOneByOne(question, takes)];
}

/** @param {string} question */
function hasPairs(question, takes = TAKES) {
  return !pairsOneByOne(question, takes).next().done;
}

/** The takes that can be watched, by shot. */
function grouped(takes = TAKES) {
  return groupedBy(takes.filter((take) => take.playable), (take) => take.shot);
}

/** @type {(takes: Take[], keyFor: (take: Take) => string) => Map<string, Take[]>} */
function groupedBy(takes, keyFor) {
  const groups = new Map();
  for (const take of takes) {
    const key = keyFor(take);
    groups.get(key)?.push(take) ?? groups.set(key, [take]);
  }
  return groups;
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
