// Which pair tells most, and how many more votes decide: a Bradley-Terry model of the votes given so far.

/**
 * Two takes that can be asked about. `contest` is what their vote decides, between `x` and `y`; votes of other contests
 * say nothing about it. `order` and `shown` follow from the seed and the reviewer.
 * @typedef {{ a: Take, b: Take, contest: string, x: string, y: string, order: number, shown: string }} Pair
 * @typedef {{ x: string, y: string, score: number }} Outcome
 * @typedef {{ names: string[], strength: Map<string, number>, spread: (x: string, y: string) => number, votes: number }} Fit
 */

const SURE = 1.96; // standard errors of 95 %
const FEWEST_VOTES = 6; // below them nothing is said about who leads, here as in `seedspec stats`
const SUPPOSED = Math.log(0.7 / 0.3); // the lead that is supposed until then: seven votes of ten
const MOST_NAMES = 150; // of one contest, above which the matrix is too much for a moment's wait

/** @type {(strength: number) => number} */
function logistic(strength) {
  return 1 / (1 + Math.exp(-strength));
}

/**
 * Strengths by their logarithms, and how unsure each difference is (its variance). Each name also has one vote against
 * an imagined one of middling strength, half won: as in `seedspec stats`, so nobody is certain.
 * @type {(names: string[], outcomes: Outcome[]) => Fit}
 */
function fitted(names, outcomes) {
  const at = new Map(names.map((name, n) => [name, n]));
  const games = outcomes.map(({ x, y, score }) => /** @type {const} */ ([at.get(x) ?? 0, at.get(y) ?? 0, score]));
  const theta = names.map(() => 0);
  for (let round = 0; round < 60; round += 1) {
    let moved = 0;
    const slope = theta.map((t) => 0.5 - logistic(t));
    const curve = theta.map((t) => logistic(t) * (1 - logistic(t)));
    for (const [i, j, score] of games) {
      const p = logistic(theta[i] - theta[j]);
      slope[i] += score - p;
      slope[j] -= score - p;
      curve[i] += p * (1 - p);
      curve[j] += p * (1 - p);
    }
    for (let n = 0; n < theta.length; n += 1) {
      const step = (0.7 * slope[n]) / curve[n];
      theta[n] += Math.min(1, Math.max(-1, step));
      moved = Math.max(moved, Math.abs(step));
    }
    if (moved < 1e-6) break;
  }
  const known = names.map((_, i) => names.map((_, j) => (i === j ? logistic(theta[i]) * (1 - logistic(theta[i])) : 0)));
  for (const [i, j] of games) {
    const p = logistic(theta[i] - theta[j]);
    known[i][i] += p * (1 - p);
    known[j][j] += p * (1 - p);
    known[i][j] -= p * (1 - p);
    known[j][i] -= p * (1 - p);
  }
  const inverse = names.length <= MOST_NAMES ? inverted(known) : null;
  const spread = (/** @type {string} */ x, /** @type {string} */ y) => {
    const [i, j] = [at.get(x) ?? 0, at.get(y) ?? 0];
    if (!inverse) return 1 / known[i][i] + 1 / known[j][j];
    return Math.max(1e-9, inverse[i][i] + inverse[j][j] - 2 * inverse[i][j]);
  };
  return { names, strength: new Map(names.map((name, n) => [name, theta[n]])), spread, votes: outcomes.length };
}

/**
 * The inverse of a positive definite matrix, by Gauss and Jordan.
 * @param {number[][]} matrix
 */
function inverted(matrix) {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < size; i += 1) {
    const lead = rows[i][i];
    for (let k = i; k < 2 * size; k += 1) rows[i][k] /= lead;
    for (let j = 0; j < size; j += 1) {
      const factor = rows[j][i];
      if (j === i || !factor) continue;
      for (let k = i; k < 2 * size; k += 1) rows[j][k] -= factor * rows[i][k];
    }
  }
  return rows.map((row) => row.slice(size));
}

/**
 * Each contest of these pairs, with the votes that were given in it.
 * @type {(pairs: Pair[], winnerOf: (pair: Pair) => string | null) => Map<string, Fit>}
 */
function contests(pairs, winnerOf) {
  /** @type {Map<string, { names: Set<string>, outcomes: Outcome[] }>} */
  const found = new Map();
  for (const pair of pairs) {
    const own = found.get(pair.contest) ?? { names: new Set(), outcomes: [] };
    found.set(pair.contest, own);
    own.names.add(pair.x).add(pair.y);
    const score = { a: 1, b: 0, tie: 0.5 }[winnerOf(pair) ?? ""];
    if (score !== undefined) own.outcomes.push({ x: pair.x, y: pair.y, score });
  }
  return new Map([...found].map(([name, { names, outcomes }]) => [name, fitted([...names].sort(), outcomes)]));
}

/**
 * The open pair from whose vote most is learned: the greatest expected gain of information about the strengths, which
 * for a vote of chance p between two whose difference has variance v is log(1 + p (1 - p) v) / 2. The same votes give
 * the same pair. M. E. Glickman and S. T. Jensen, "Adaptive paired comparison design", Journal of Statistical Planning
 * and Inference 127 (2005), choose by this expected gain; the formula is its normal approximation (D-optimality).
 * Of pairs that tell the same, takes that were seen in fewer votes come first.
 * @type {(pairs: Pair[], winnerOf: (pair: Pair) => string | null, without?: Pair | null) => Pair | null}
 */
function tellingMost(pairs, winnerOf, without = null) {
  const fits = contests(pairs, winnerOf);
  /** @type {Map<number, number>} */
  const shown = new Map();
  for (const pair of pairs) {
    if (winnerOf(pair) === null && pair !== without) continue;
    for (const { index } of [pair.a, pair.b]) shown.set(index, (shown.get(index) ?? 0) + 1);
  }
  /** @type {{ pair: Pair, gain: number, worn: number } | null} */
  let best = null;
  for (const pair of pairs) {
    if (winnerOf(pair) !== null || pair === without) continue;
    const fit = /** @type {Fit} */ (fits.get(pair.contest));
    const p = logistic((fit.strength.get(pair.x) ?? 0) - (fit.strength.get(pair.y) ?? 0));
    const gain = Math.round(1e6 * Math.log1p(p * (1 - p) * fit.spread(pair.x, pair.y)));
    const worn = (shown.get(pair.a.index) ?? 0) + (shown.get(pair.b.index) ?? 0);
    const closer = best && (gain - best.gain || best.worn - worn || best.pair.order - pair.order);
    if (closer === null || closer > 0) best = { pair, gain, worn };
  }
  return best && best.pair;
}

/**
 * About how many more votes decide, Infinity where these pairs cannot. A contest is decided when the 95 % interval of
 * the leader's lead over each other one leaves out zero. The lead is taken as it is now, before six votes as seven of
 * ten; each further vote on two adds p (1 - p) to what is known of their difference.
 * @param {Iterable<Fit>} fits
 */
function votesToDecide(fits) {
  let more = 0;
  for (const { names, strength, spread, votes } of fits) {
    const of = (/** @type {string} */ name) => strength.get(name) ?? 0;
    const [first, ...others] = [...names].sort((x, y) => of(y) - of(x) || (x < y ? -1 : 1));
    for (const other of others) {
      const variance = spread(first, other);
      const ahead = of(first) - of(other);
      if (votes >= FEWEST_VOTES && ahead > SURE * Math.sqrt(variance)) continue;
      const lead = votes < FEWEST_VOTES ? Math.max(ahead, SUPPOSED) : ahead;
      if (lead < 0.02) return Infinity; // as even as that is nothing that votes decide
      const p = logistic(lead);
      more += Math.max(1, ((SURE / lead) ** 2 - 1 / variance) / (p * (1 - p)));
    }
    more = Math.max(more, Math.min(FEWEST_VOTES, FEWEST_VOTES - votes));
  }
  return Math.round(more);
}

/** @type {(more: number, open: number) => string} What is left to do, in words. */
function leftInWords(more, open) {
  if (!open) return "all pairs are voted on";
  if (more <= 0) return "these votes decide it";
  if (more > open) return `${counted(open, "pair")} left`;
  return `about ${more <= 10 ? more : 5 * Math.round(more / 5)} more decide it`;
}
