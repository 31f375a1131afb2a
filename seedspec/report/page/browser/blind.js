// Blind: two takes, or two films, without their names, sides shuffled; all that is asked is which is better.

const CRITERIA = [
  ["overall", "overall"],
  ["prompt", "follows the prompt"],
  ["motion", "motion"],
  ["artefacts", "fewest artefacts"],
  ["brand", "brand and text"],
];
/**
 * @type {{ of: string, question: string, criterion: string, pairs: Pair[], at: Pair | null, trail: Pair[],
 *   ended: "" | "last" | "decided", goesOn: boolean }}
 */
const blind = { of: "takes", question: "", criterion: "overall", pairs: [], at: null, trail: [], ended: "", goesOn: false };
const blindBox = el("div", { class: "looking" });
const blindBar = el("div", { class: "bar", role: "group", "aria-label": "What is asked" });
const progress = el("div", { class: "cluster push progress" });
const ballot = el("div", { class: "ballot", role: "group", "aria-label": "Vote" });
const blindFold = foldedOnPhones("What is asked, and how it is shown", blindBar, stageBar);
const ballotSays = el("p", { class: "soft ballot-says", id: "ballot-says" });

/** What can be voted on: takes, and films where two differ. */
function votable() {
  return [["takes", "takes"], ...(hasPairs("any", WHOLE_FILMS) ? [["films", "films"]] : [])];
}

function askedOf(of = blind.of) {
  return of === "films" ? WHOLE_FILMS : TAKES;
}

/** What can be asked: an axis on which pairs differ alone, the takes of a request, or any two of a shot. */
function questions(of = blind.of) {
  const asked = askedOf(of);
  const alone = [...AXES, "take"].filter((axis) => hasPairs(axis, asked));
  if (GUEST) return alone.length ? [["each", "one thing"]] : hasPairs("any") ? [["any", "anything"]] : [];
  return [...alone.map((axis) => [axis, axis]), ...(hasPairs("any", asked) ? [["any", "anything"]] : [])];
}

/**
 * Pairs with what their vote decides: between the labels of an axis, or between takes. Sides follow from the seed and
 * the reviewer, and so does the order of pairs that tell the same: anybody can make it again.
 * @type {(question: string) => Pair[]}
 */
function pairsOf(question) {
  const salt = `${PAGE.seed} ${marks.reviewer.trim()}`;
  const asked = question === "each" ? [...AXES, "take"] : [question];
  return asked.flatMap((axis) =>
    pairsFor(axis, askedOf()).map(([a, b]) => {
      const name = `${salt} ${a.address} ${b.address}`;
      const byLabel = axis !== "any" && axis !== "take";
      const [x, y] = byLabel ? [placeOn(a, axis), placeOn(b, axis)] : [keyOf(a), keyOf(b)];
      const contest = byLabel ? axis : axis === "any" ? a.shot : JSON.stringify([a.shot, Object.entries(a.labels)]);
      return { a, b, contest, x, y, order: hash(`order ${name}`), shown: hash(`side ${name}`) % 2 ? "ba" : "ab" };
    }),
  );
}

/** The vote on each pair by what is asked now: one look-up for many pairs. */
function winners() {
  const given = new Map(
    marks.votes.filter((v) => v.criterion === blind.criterion).map((v) => [JSON.stringify([v.a, v.b]), v.winner]),
  );
  return (/** @type {Pair} */ pair) => given.get(JSON.stringify([keyOf(pair.a), keyOf(pair.b)])) ?? null;
}

/** The pairs whose videos can be played, as far as that is known. */
function askable() {
  return blind.pairs.filter(({ a, b }) => !isBroken(a) && !isBroken(b));
}

function openBlind({ again = false } = {}) {
  const known = questions();
  if (!known.some(([q]) => q === blind.question)) blind.question = known.length ? known[0][0] : "";
  const was = again ? blind.at : null;
  blind.pairs = blind.question ? pairsOf(blind.question) : [];
  blind.trail = [];
  blind.goesOn = false;
  blind.ended = "";
  const pairs = askable();
  blind.at = pairs.find((p) => was && p.a === was.a && p.b === was.b) ?? tellingMost(pairs, winners());
  if (!blind.at && pairs.length) blind.ended = "last";
  blindBar.replaceChildren(
    ...(votable().length > 1
      ? [
          choice("Vote on", votable(), blind.of, (value) => {
            blind.of = value;
            openBlind();
          }),
        ]
      : []),
    ...(known.length > 1
      ? [
          choice("Pairs differ in", known, blind.question, (value) => {
            blind.question = value;
            openBlind();
          }),
        ]
      : []),
    ...(known.length
      ? [
          choice("Better by", CRITERIA, blind.criterion, (value) => {
            blind.criterion = value;
            openBlind();
          }),
        ]
      : []),
  );
  $("blind").replaceChildren(blindBox);
  showPair();
  writeAddress();
}

/** @param {Pair} pair */
function sidesOf(pair) {
  return pair.shown === "ab" ? [pair.a, pair.b] : [pair.b, pair.a];
}

function showPair() {
  const pair = blind.at;
  if (blind.ended || !pair) {
    clearStage();
    blindBox.replaceChildren(
      ...(blind.ended ? [] : [el("div", { class: "bar" }, blindBar)]),
      blind.ended ? endOfBlind() : el("p", { class: "empty" }, nothingToAsk()),
    );
    return;
  }
  empty.textContent = "";
  const [left, right] = sidesOf(pair);
  if (blindFold.lastChild !== stageBar) blindFold.append(blindBar, stageBar);
  blindBox.replaceChildren(
    el("div", { class: "bar" }, blindFold, progress), stageBox, transport, ballot, ballotSays,
  );
  if (stage.mode === "four") stage.mode = "side";
  clock.wanted = 0;
  show({ a: left, b: right });
  showTicks();
  stageBox.setAttribute("aria-label", `Stage: ${oneOf()} A and ${oneOf()} B, names hidden`);
  const next = tellingMost(askable(), winners(), pair);
  if (next && blind.of === "takes") warm(sidesOf(next).filter((t) => t !== left && t !== right));
  drawBallot();
  if (!CALM.matches) clock.play(); // muted, both at once
}

function oneOf() {
  return blind.of === "films" ? "film" : "take";
}

function nothingToAsk() {
  if (blind.pairs.length) return "None of the videos can be played, so there is nothing to vote on.";
  return "There are no two takes of one shot to vote on yet.";
}

/** Whether both takes on the stage were seen; the buttons wait for it. */
function mayVote() {
  return Boolean(blind.at && isSeen(blind.at.a) && isSeen(blind.at.b));
}

function drawBallot() {
  const pair = blind.at;
  if (!pair || blind.ended) return;
  const given = voteOn(pair.a, pair.b, blind.criterion);
  const chosen = given
    ? { a: pair.shown[0] === "a" ? "A" : "B", b: pair.shown[0] === "b" ? "A" : "B" }[given.winner] || given.winner
    : "";
  const had = ballot.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.vote : null;
  const one = (value, label, key, kind = "") =>
    button({ label, key, kind, pressed: chosen === value, act: () => cast(value), "data-vote": value });
  ballot.replaceChildren(
    one("A", "A is better", "A", "wide"),
    one("tie", "Tie", "T"),
    one("bad", "Both bad", "X"),
    one("skip", "Skip", "]", "quiet"),
    one("B", "B is better", "B", "wide"),
  );
  if (had) ballot.querySelector(`[data-vote="${had}"]`).focus({ preventScroll: true });
  showReady();
  const winnerOf = winners();
  const pairs = askable();
  const open = pairs.filter((p) => winnerOf(p) === null).length;
  const done = pairs.filter((p) => ![null, "skip"].includes(winnerOf(p))).length;
  const more = votesToDecide(contests(pairs, winnerOf).values());
  const left = Math.min(more, open);
  const words = leftInWords(more, open);
  progress.replaceChildren(
    el("span", { class: "soft", title: HOW_MANY }, `${counted(done, "vote")}, ${words}`),
    el("progress", { max: Math.max(1, done + left), value: done, "aria-label": `${done} votes, ${words}` }),
    button({ label: "Back", key: "[", kind: "quiet", act: () => stepPair(-1) }),
  );
}

const HOW_MANY =
  "An estimate from your votes: the lead stays as it is, and before six votes it is seven of ten. " +
  "It is decided when the 95 % interval of the leader's lead over each other one leaves out a draw.";

/** The buttons say whether a vote is taken yet: both takes must have been on the screen. */
function showReady() {
  const may = mayVote();
  if (ballot.dataset.ready !== String(may)) {
    ballot.dataset.ready = String(may);
    ballotSays.textContent = may
      ? "Which one is better? Skip a pair that you cannot judge."
      : `A vote counts once ${watchFirst()}, or was looked at picture by picture. Space plays both.`;
  }
  for (const node of ballot.querySelectorAll("[data-vote]")) {
    if (node.dataset.vote === "skip") continue;
    if (may) node.removeAttribute("aria-disabled");
    else node.setAttribute("aria-disabled", "true");
  }
}

function watchFirst() {
  return blind.of === "films" ? "each shot of both has played for a second" : "each of both has played for a second";
}

function cast(value) {
  const pair = blind.at;
  if (!pair || blind.ended) return;
  if (value !== "skip" && !mayVote()) {
    say(`Watch both first: a vote counts once ${watchFirst()}. Skip works at once`);
    return;
  }
  const winner = { A: pair.shown[0], B: pair.shown[1] }[value] || value;
  blind.trail.push(pair);
  vote(pair.a, pair.b, winner, { criterion: blind.criterion, blind: true, shown: pair.shown });
  goOn();
}

/** To the pair that tells most now; to the end when there is none, or when the votes decide. */
function goOn() {
  const pairs = askable();
  const winnerOf = winners();
  const next = tellingMost(pairs, winnerOf);
  const decided = !blind.goesOn && votesToDecide(contests(pairs, winnerOf).values()) <= 0;
  blind.ended = !next ? "last" : decided ? "decided" : "";
  blind.at = next ?? blind.at;
  showPair();
  if (blind.ended) blindBox.querySelector("h2")?.focus();
}

function stepPair(direction) {
  const before = direction < 0 ? blind.trail.pop() : null;
  if (!before) {
    say("This is the first pair");
    return;
  }
  blind.ended = "";
  blind.at = before;
  showPair();
}

/**
 * After an undo the pair whose vote is gone is on the stage again.
 * @param {Vote[]} before
 */
function backTo(before) {
  const lost = before.find((v) => !marks.votes.includes(v));
  const pair = lost && blind.pairs.find((p) => keyOf(p.a) === lost.a && keyOf(p.b) === lost.b);
  if (!pair) return;
  blind.trail = blind.trail.filter((p) => p !== pair);
  blind.ended = "";
  blind.at = pair;
  showPair();
}

/** A video that cannot be played takes its pairs with it. */
function leaveBrokenPair() {
  if (view.name !== "blind" || !blind.at || blind.ended) return;
  if (isBroken(blind.at.a) || isBroken(blind.at.b)) openBlind();
}

/** @type {View} */
const blindView = {
  name: "blind",
  label: "Blind",
  open: () => openBlind(),
  redraw: () => drawBallot(),
  place: () => (blind.ended ? null : stageBox),
};
