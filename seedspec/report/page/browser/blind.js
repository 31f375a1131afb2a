// Blind: two takes without their names, sides shuffled; which is better is all that is asked.

const CRITERIA = [
  ["overall", "overall"],
  ["prompt", "follows the prompt"],
  ["motion", "motion"],
  ["artefacts", "fewest artefacts"],
  ["brand", "brand and text"],
];
/**
 * @typedef {{ a: Take, b: Take, order: number, shown: string }} Pair
 * @type {{ question: string, criterion: string, pairs: Pair[], at: number }}
 */
const blind = { question: "", criterion: "overall", pairs: [], at: 0 };
const blindBox = el("div", { class: "looking" });
const blindBar = el("div", { class: "bar", role: "group", "aria-label": "What is asked" });
const progress = el("div", { class: "cluster push" });
const ballot = el("div", { class: "ballot", role: "group", "aria-label": "Vote" });

/** What can be asked: an axis on which pairs differ alone, the takes of a request, or any two of a shot. */
function questions() {
  const alone = [...AXES, "take"].filter((axis) => pairsFor(axis).length);
  return [...alone.map((axis) => [axis, axis]), ...(pairsFor("any").length ? [["any", "anything"]] : [])];
}

/** Pairs and sides in an order that follows from the seed and the reviewer: anybody can make it again. */
function shuffled(question) {
  const salt = `${PAGE.seed} ${marks.reviewer.trim()}`;
  return pairsFor(question)
    .map(([a, b]) => {
      const name = `${salt} ${a.address} ${b.address}`;
      return { a, b, order: hash(`order ${name}`), shown: hash(`side ${name}`) % 2 ? "ba" : "ab" };
    })
    .sort((x, y) => x.order - y.order || x.a.index - y.a.index || x.b.index - y.b.index);
}

function openBlind({ again = false } = {}) {
  const known = questions();
  if (!known.some(([q]) => q === blind.question)) blind.question = known.length ? known[0][0] : "";
  const was = again ? blind.pairs[blind.at] : null;
  blind.pairs = blind.question ? shuffled(blind.question) : [];
  const stays = was ? blind.pairs.findIndex((p) => p.a === was.a && p.b === was.b) : -1;
  blind.at = stays >= 0 ? stays : Math.max(0, nextOpen(-1));
  blindBar.replaceChildren(
    ...(known.length
      ? [
          choice("Pairs differ in", known, blind.question, (value) => {
            blind.question = value;
            openBlind();
          }),
          choice("Better by", CRITERIA, blind.criterion, (value) => {
            blind.criterion = value;
            openBlind();
          }),
        ]
      : []),
  );
  $("blind").replaceChildren(blindBox);
  showPair();
}

function nextOpen(after) {
  const { pairs } = blind;
  for (let step = 1; step <= pairs.length; step += 1) {
    const at = (after + step + pairs.length) % pairs.length;
    if (!voteOn(pairs[at].a, pairs[at].b, blind.criterion)) return at;
  }
  return -1;
}

function sidesOf(pair) {
  return pair.shown === "ab" ? [pair.a, pair.b] : [pair.b, pair.a];
}

function showPair() {
  const { pairs } = blind;
  if (!pairs.length) {
    clearStage();
    blindBox.replaceChildren(
      blindBar,
      el("p", { class: "empty" }, "There are no two takes of one shot to vote on yet."),
    );
    return;
  }
  empty.textContent = "";
  const [left, right] = sidesOf(pairs[blind.at]);
  blindBox.replaceChildren(el("div", { class: "bar" }, blindBar, stageBar, progress), stageBox, transport, ballot);
  show(left, right);
  showTicks();
  stageBox.setAttribute("aria-label", "Stage: take A and take B, names hidden");
  const next = nextOpen(blind.at);
  if (next >= 0 && next !== blind.at) warm(sidesOf(pairs[next]).filter((t) => t !== left && t !== right));
  drawBallot();
}

function drawBallot() {
  if (!blind.pairs.length) return;
  const pair = blind.pairs[blind.at];
  const given = voteOn(pair.a, pair.b, blind.criterion);
  const done = blind.pairs.filter((p) => voteOn(p.a, p.b, blind.criterion)).length;
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
  const shown = el("progress", {
    max: blind.pairs.length,
    value: done,
    "aria-label": `${done} of ${blind.pairs.length} pairs voted on`,
  });
  progress.replaceChildren(
    el(
      "span",
      { class: "soft" },
      `${blind.at + 1} of ${blind.pairs.length}${done === blind.pairs.length ? ", all done" : ""}`,
    ),
    shown,
    button({ label: "Back", key: "[", kind: "quiet", act: () => stepPair(-1) }),
  );
}

function cast(value) {
  const pair = blind.pairs[blind.at];
  if (!pair) return;
  const winner = { A: pair.shown[0], B: pair.shown[1] }[value] || value;
  vote(pair.a, pair.b, winner, { criterion: blind.criterion, blind: true, shown: pair.shown });
  const next = nextOpen(blind.at);
  if (next < 0) {
    drawBallot();
    say("That was the last pair: save with S");
    return;
  }
  const running = clock.running;
  blind.at = next;
  clock.wanted = 0;
  showPair();
  if (running && !CALM.matches) clock.play();
}

function stepPair(direction) {
  blind.at = (blind.at + direction + blind.pairs.length) % blind.pairs.length;
  showPair();
}

/**
 * After an undo the pair whose vote is gone is on the stage again.
 * @param {Vote[]} before
 */
function backTo(before) {
  const lost = before.find((v) => !marks.votes.includes(v));
  const at = lost ? blind.pairs.findIndex((p) => keyOf(p.a) === lost.a && keyOf(p.b) === lost.b) : -1;
  if (at >= 0) {
    blind.at = at;
    showPair();
  }
}
