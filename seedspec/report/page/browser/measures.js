// Measures and expectations: what can be sorted and filtered by, and what a take does not meet.

const UNITS = /** @type {Record<string, string>} */ (PAGE.units ?? {});
/** Every measure that some take has as a number, those of the program first, then those of judges. */
const MEASURES = [
  ...new Set(
    TAKES.flatMap((take) =>
      Object.entries(take.measures ?? {})
        .filter(([, value]) => typeof value === "number")
        .map(([name]) => name),
    ),
  ),
].sort((x, y) => Number(x.startsWith("judge.")) - Number(y.startsWith("judge.")));
const EXPECTS = TAKES.some((take) => take.unmet?.length);

/** @type {(take: Take, name: string) => number | null} */
function measureOf(take, name) {
  const measures = take.measures ?? {};
  const value = Object.hasOwn(measures, name) ? measures[name] : null;
  return typeof value === "number" ? value : null;
}

/** @param {Take} take */
function unmetOf(take) {
  return take.unmet ?? [];
}

/** @type {(take: Take, name: string) => string} */
function measureInWords(take, name) {
  const value = measureOf(take, name);
  if (value === null) return NONE;
  const unit = Object.hasOwn(UNITS, name) ? ` ${UNITS[name]}` : "";
  return `${Number(value.toPrecision(4))}${unit}`;
}

/** @type {(name: string) => string} */
function measureName(name) {
  return name.replace(/_/g, " ");
}

/**
 * Takes by a measure, or by how much they do not meet; those without a figure last, whichever way.
 * @type {(takes: Take[], by: string, down: boolean) => Take[]}
 */
function sortedBy(takes, by, down) {
  const of = (/** @type {Take} */ take) => (by === "unmet" ? unmetOf(take).length : measureOf(take, by));
  return [...takes].sort((x, y) => {
    const [p, q] = [of(x), of(y)];
    if (p === null || q === null) return Number(p === null) - Number(q === null) || x.index - y.index;
    return (down ? q - p : p - q) || x.index - y.index;
  });
}

/**
 * What a take does not meet, as a mark with its words.
 * @param {Take} take
 */
function unmetList(take) {
  const unmet = unmetOf(take);
  if (!unmet.length) return null;
  return el(
    "ul",
    { class: "unmet", "aria-label": "Expectations that are not met" },
    unmet.map(({ said }) => el("li", {}, icon("flag"), el("span", {}, said))),
  );
}
