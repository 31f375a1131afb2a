// The parts of the review page that need no screen: takes, words, marks and their file. PAGE_SCRIPT names their text.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const SCRIPT = readFileSync(process.env.PAGE_SCRIPT, "utf8");
const GIVEN = [
  "TAKES", "FILMS", "WHOLE_FILMS", "partAt", "aboutFilm", "BY_KEY", "keyOf", "variantOf", "placeOn", "placesOn", "axesWithChoice", "wordsOf", "differing", "pairsFor", "hasPairs", "grouped",
  "partnerOf", "factsOf", "tokens", "differences", "shortened", "watch", "recall", "undo", "isPicked", "togglePick", "vote",
  "measureOf", "measureInWords", "sortedBy", "MEASURES", "fitted", "contests", "tellingMost", "votesToDecide", "leftInWords",
  "voteOn", "notesOn", "addNote", "dropNote", "tallied", "inYaml", "whole", "yaml", "fileName", "timecode", "size", "counted", "hash",
];

function take(shot, labels, number, more = {}) {
  const row = Object.entries(labels).map(([axis, label]) => `${axis}=${label}`);
  const address = `${shot}${row.length ? "@" : ""}${row.join(",")}/${number}`;
  return {
    address, shot, labels, take: number, fp: `fp-${address}`, state: "saved", reason: "", prompt: 0, fields: {}, media: [],
    picked: false, credits: 25, usd: 0.37, estimated: false, seconds: 4, width: 864, height: 496, bytes: 1234567,
    video: `video-${address}`, ...more,
  };
}

const TAKES = [
  take("open", { look: "soft" }, 1),
  take("open", { look: "soft" }, 2),
  take("open", { look: "noir" }, 1),
  take("open", { look: "noir" }, 10),
  take("card", {}, 1),
  take("card", {}, 2, { state: "failed", seconds: 5, width: null, height: null, bytes: null, estimated: true }),
];
const CONTENT = {
  name: "kite", track: "kite", digest: "sha256:1", profile: "", emulator: false, modeline: "", words: {},
  axes: [{ name: "look", labels: ["noir", "soft", "wet"] }], texts: ["a kite"], takes: TAKES,
};

/** The page's own functions, over what it holds and what this browser kept; what it says stands in `said`. */
function opened(content = {}, kept = new Map(), storage = true) {
  const shown = {
    content: { textContent: JSON.stringify({ ...CONTENT, ...content }) },
    posters: { textContent: "[]" },
    said: { textContent: "" },
    kept: { textContent: "" },
  };
  const document = { getElementById: (id) => shown[id] };
  const refused = () => {
    throw new Error("storage is switched off");
  };
  const localStorage = {
    getItem: storage ? (key) => kept.get(key) ?? null : refused,
    setItem: storage ? (key, value) => kept.set(key, value) : refused,
  };
  const names = ["document", "localStorage", "matchMedia"];
  const marks = "get marks() { return marks; }, set marks(given) { marks = given; }";
  const page = new Function(...names, `"use strict";\n${SCRIPT}\nreturn { ${GIVEN.join(", ")}, ${marks} };`);
  return Object.assign(page(document, localStorage, () => ({ matches: false, addEventListener() {} })), { shown });
}

const HOW = { criterion: "overall", blind: true, shown: "ab" };

test("a variant is an address without its take", () => {
  const page = opened();
  assert.equal(page.variantOf(page.TAKES[0]), "open@look=soft");
  assert.equal(page.keyOf(page.TAKES[4]), "card/1 fp-card/1");
  assert.equal(page.BY_KEY.size, TAKES.length);
});

test("places stand in the storyboard's order, takes by number, what lacks an axis last", () => {
  const page = opened();
  assert.deepEqual(page.placesOn("look"), ["noir", "soft", "–"]);
  assert.deepEqual(page.placesOn("take"), ["1", "2", "10"]);
  assert.deepEqual(page.axesWithChoice(), ["shot", "look", "take"]);
  assert.equal(page.placeOn(page.TAKES[4], "look"), "–");
});

test("two takes differ on the axes on which they stand apart", () => {
  const { TAKES, differing } = opened();
  assert.deepEqual(differing(TAKES[0], TAKES[1]), ["take"]);
  assert.deepEqual(differing(TAKES[0], TAKES[3]), ["look", "take"]);
  assert.deepEqual(differing(TAKES[0], TAKES[4]), ["shot", "look"]);
  assert.deepEqual(differing(TAKES[0], TAKES[0]), []);
});

test("pairs are of one shot, of watchable videos, and differ in what is asked for alone", () => {
  const { pairsFor } = opened();
  const named = (question) => pairsFor(question).map(([a, b]) => `${a.address} ${b.address}`);
  assert.deepEqual(named("look"), ["open@look=soft/1 open@look=noir/1"]);
  assert.deepEqual(named("take"), ["open@look=soft/1 open@look=soft/2", "open@look=noir/1 open@look=noir/10"]);
  assert.equal(named("any").length, 6);
  const twins = TAKES.map((t) => ({ ...t, fp: "one" }));
  assert.deepEqual(opened({ takes: twins }).pairsFor("any"), [], "one purchase is one video");
});

test("pairs are the same, and in the same order, as when any two takes are compared", () => {
  const some = ["soft", "noir", "wet", "dry"].flatMap((look) =>
    ["loud", "calm"].flatMap((hook) => [1, 2].map((n) => take("open", n === 2 && look === "dry" ? { hook } : { look, hook }, n))),
  );
  const axes = [{ name: "look", labels: [] }, { name: "hook", labels: [] }];
  const { TAKES: takes, pairsFor, hasPairs, differing } = opened({ takes: [...some, ...TAKES], axes });
  for (const question of ["look", "hook", "take", "any", "none"]) {
    const expected = [];
    for (const [at, a] of takes.entries()) {
      for (const b of takes.slice(at + 1)) {
        const apart = differing(a, b);
        const fits = question === "any" || (apart.length === 1 && apart[0] === question);
        if (fits && a.shot === b.shot && a.playable && b.playable) expected.push([a, b]);
      }
    }
    const named = (pairs) => pairs.map(([a, b]) => `${a.address} ${b.address}`);
    const byShot = (pair) => (pair[0].shot === "open" ? 0 : 1);
    expected.sort((x, y) => byShot(x) - byShot(y));
    assert.deepEqual(named(pairsFor(question)), named(expected));
    assert.equal(hasPairs(question), expected.length > 0);
  }
});

test("the partner of a take is of its shot and differs the least", () => {
  const { TAKES, partnerOf } = opened();
  assert.equal(partnerOf(TAKES[0]), TAKES[1]);
  assert.equal(partnerOf(TAKES[3]), TAKES[2]);
  assert.equal(partnerOf(TAKES[4]).shot, "open", "its only other take cannot be watched");
  const near = take("pour", { look: "soft" }, 1); // differs in its shot alone
  const far = opened({ takes: [CONTENT.takes[0], near, CONTENT.takes[3]] });
  assert.equal(far.partnerOf(far.TAKES[0]).address, "open@look=noir/10");
  assert.equal(opened({ takes: [CONTENT.takes[0]] }).partnerOf(TAKES[0]), null);
});

test("a take in words, and its facts", () => {
  const { TAKES, wordsOf, factsOf } = opened();
  assert.equal(wordsOf(TAKES[3]), "open · noir · take 10");
  assert.equal(wordsOf(TAKES[3], ["shot", "look"]), "take 10");
  assert.deepEqual(factsOf(TAKES[0]), ["4.0 s", "864×496", "1.2 MB", "$0.37"]);
  assert.deepEqual(factsOf(TAKES[5]), ["5.0 s", "about $0.37"]);
});

test("what two texts have in common and what not makes both of them again", () => {
  const { differences, hash } = opened();
  const words = ["a", "kite", "over", "the", "sea,", "slow", "清晨", "\n", "(x)", "don't"];
  for (let seed = 0; seed < 300; seed += 1) {
    const text = (salt) => Array.from({ length: hash(`${salt}${seed}`) % 12 }, (_, i) => words[hash(`${salt}${seed}/${i}`) % 10]);
    const [before, after] = [text("b").join(" "), text("a").join(" ")];
    const runs = differences(before, after);
    const without = (kind) => runs.filter(([k]) => k !== kind).map(([, t]) => t).join("");
    const plain = (t) => t.replace(/\s+/g, "");
    assert.equal(plain(without("new")), plain(before));
    assert.equal(plain(without("old")), plain(after));
    assert.ok(runs.every(([k], i) => i === 0 || runs[i - 1][0] !== k || k === "same"), "runs of a kind are one");
  }
});

test("a change of one word is one run, and a word that is the same by chance belongs to the change", () => {
  const { differences } = opened();
  assert.deepEqual(differences("a red kite flies over the sea", "a blue kite flies over the sea"), [
    ["same", "a "], ["old", "red "], ["new", "blue "], ["same", "kite flies over the sea"],
  ]);
  assert.deepEqual(differences("x one y and z two", "x three y and z four").map(([kind]) => kind), ["same", "old", "new", "same", "old", "new"]);
  assert.deepEqual(differences("one y two", "three y four"), [["old", "one y two"], ["new", "three y four"]]);
  assert.deepEqual(differences("", ""), []);
});

test("what is the same is shortened to a few words on the side of a change", () => {
  const { shortened } = opened();
  assert.equal(shortened("one two three four five ", false, true), "… three four five ");
  assert.equal(shortened("one two three four five", true, false), "one two three …");
  assert.equal(shortened("a b c d e f g h", true, true), "a b c … f g h");
  assert.equal(shortened("one two", true, true), "one two");
});

test("a variant has one pick, and a second press takes it back", () => {
  const page = opened();
  const [one, two] = page.TAKES;
  page.togglePick(one);
  page.togglePick(two);
  assert.deepEqual([page.isPicked(one), page.isPicked(two)], [false, true]);
  page.togglePick(two);
  assert.deepEqual(page.marks.picks, {});
});

test("a vote replaces one on the same pair by the same measure, and no other", () => {
  const page = opened();
  const [one, two, three] = page.TAKES;
  page.vote(one, two, "a", HOW);
  page.vote(one, two, "b", { ...HOW, criterion: "motion" });
  page.vote(one, three, "tie", HOW);
  page.vote(one, two, "bad", HOW);
  assert.equal(page.marks.votes.length, 3);
  assert.equal(page.voteOn(one, two, "overall").winner, "bad");
  assert.equal(page.voteOn(one, two, "motion").winner, "b");
  assert.equal(page.voteOn(one, three, "overall").winner, "tie");
  assert.equal(page.voteOn(two, one, "overall"), null);
});

test("what a vote says is the side that was seen", () => {
  const page = opened();
  const [one, two] = page.TAKES;
  const said = (winner, shown) => {
    page.vote(one, two, winner, { ...HOW, shown });
    return page.shown.said.textContent;
  };
  assert.equal(said("a", "ab"), "Voted: A is better");
  assert.equal(said("a", "ba"), "Voted: B is better");
  assert.equal(said("skip", "ab"), "Voted: skipped");
});

test("a skipped pair counts as no vote", () => {
  const page = opened();
  page.vote(page.TAKES[0], page.TAKES[1], "skip", HOW);
  assert.equal(page.tallied(), "0 picks, 0 votes, 0 notes");
  page.vote(page.TAKES[0], page.TAKES[1], "a", HOW);
  assert.equal(page.tallied(), "0 picks, 1 vote, 0 notes");
});

test("each step is undone, the reviewer's name is not", () => {
  const page = opened();
  page.togglePick(page.TAKES[0]);
  page.addNote(page.TAKES[0], 1.23456, "the hand");
  page.marks = { ...page.marks, reviewer: "Ada" };
  assert.equal(page.undo().words, "Noted at 0:01.23");
  assert.deepEqual([page.marks.notes, Object.keys(page.marks.picks).length, page.marks.reviewer], [[], 1, "Ada"]);
  page.undo();
  assert.deepEqual(page.marks.picks, {});
  assert.equal(page.undo(), null);
  assert.equal(page.shown.said.textContent, "Nothing to undo");
});

test("notes of a take stand in time, and one is taken away alone", () => {
  const page = opened();
  page.addNote(page.TAKES[0], 3, "late");
  page.addNote(page.TAKES[1], 0, "of another");
  page.addNote(page.TAKES[0], 0.12345, "early");
  assert.deepEqual(page.notesOn(page.TAKES[0]).map((n) => [n.at, n.text]), [[0.123, "early"], [3, "late"]]);
  page.dropNote(page.notesOn(page.TAKES[0])[0]);
  assert.deepEqual(page.marks.notes.map((n) => n.text), ["late", "of another"]);
});

test("marks are there again when the page is opened again, and those of an earlier page as far as its takes are", () => {
  const kept = new Map();
  const first = opened({}, kept);
  first.togglePick(first.TAKES[0]);
  first.vote(first.TAKES[0], first.TAKES[1], "a", HOW);
  first.vote(first.TAKES[2], first.TAKES[3], "a", HOW);
  first.addNote(first.TAKES[4], 1, "dark");
  const again = opened({}, kept);
  again.recall();
  assert.deepEqual(again.marks, first.marks);
  const next = opened({ digest: "sha256:2", takes: CONTENT.takes.slice(0, 3) }, kept);
  next.recall();
  assert.equal(next.tallied(), "1 pick, 1 vote, 0 notes");
  assert.match(next.shown.said.textContent, /^Taken over from an earlier page/);
  const other = opened({ digest: "sha256:3", track: "kite.draft" }, kept);
  other.recall();
  assert.equal(other.tallied(), "0 picks, 0 votes, 0 notes", "another profile's marks are its own");
});

test("marks that are none are as if there were none, and without storage the page works and says so", () => {
  for (const text of ["", "{", "null", "[]", '{"votes":1}', '{"votes":[],"notes":[]}']) {
    const page = opened({}, new Map([["seedspec-review:sha256:1", text]]));
    page.recall();
    assert.equal(page.tallied(), "0 picks, 0 votes, 0 notes");
  }
  const page = opened({}, new Map(), false);
  page.recall();
  page.togglePick(page.TAKES[0]);
  assert.equal(page.shown.kept.textContent, "1 pick, 0 votes, 0 notes · not kept: save before you leave");
});

test("every change is told to those who watch", () => {
  const page = opened();
  let seen = 0;
  page.watch(() => (seen += 1));
  page.togglePick(page.TAKES[0]);
  page.undo();
  assert.equal(seen, 2);
});

test("the file has a mark a line, each line JSON, in an order that depends on nothing but them", () => {
  const made = (order) => {
    const page = opened({ profile: "draft", modeline: "../schemas/review.json" });
    page.marks = { ...page.marks, reviewer: " Ada " };
    for (const [a, b] of order) page.vote(page.TAKES[a], page.TAKES[b], "a", HOW);
    page.addNote(page.TAKES[0], 1, "a: b # c");
    page.togglePick(page.TAKES[4]);
    return page.yaml();
  };
  const text = made([[0, 1], [2, 3]]);
  assert.equal(text, made([[2, 3], [0, 1]]));
  const lines = text.split("\n");
  assert.equal(lines[0], "# yaml-language-server: $schema=../schemas/review.json");
  assert.deepEqual(JSON.parse(lines.find((l) => l.startsWith("page: ")).slice(6)), {
    storyboard: "kite", emulator: false, profile: "draft", digest: "sha256:1",
  });
  assert.ok(lines.includes('reviewer: "Ada"'));
  const rows = lines.filter((l) => l.startsWith("  - ")).map((l) => JSON.parse(l.slice(4)));
  assert.equal(rows.length, 4);
  assert.deepEqual(rows[0], { entry: "card/1", fp: "fp-card/1", video: "video-card/1" });
  assert.deepEqual(rows[1], {
    a: "open@look=noir/1", b: "open@look=noir/10", winner: "a", criterion: "overall", blind: true, shown: "ab",
    a_fp: "fp-open@look=noir/1", b_fp: "fp-open@look=noir/10",
  });
  assert.ok(text.endsWith("\n"));
});

test("an empty list is written, and what the page does not hold is not", () => {
  const page = opened();
  page.marks = { reviewer: "", picks: { x: "gone" }, votes: [{ a: "gone", b: "gone" }], notes: [{ take: "gone", at: 0, text: "" }] };
  assert.deepEqual(page.yaml().split("\n").slice(3), ["picks: []", "votes: []", "notes: []", ""]);
});

test("what JSON may hold and YAML may not is escaped; half a character is none", () => {
  const { inYaml, whole } = opened();
  const odd = "a\u0085b\u2028c\u2029d\ufeffe\u007ff\u0000g\ud83d\ude00";
  assert.equal(JSON.parse(inYaml(odd)), odd);
  assert.doesNotMatch(inYaml(odd), /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/);
  assert.equal(whole("a\ud800b\udc00c\ud83d\ude00"), "a\ufffdb\ufffdc\ud83d\ude00");
});

test("a file is named by its track and its reviewer", () => {
  const page = opened();
  const named = (reviewer) => {
    page.marks = { ...page.marks, reviewer };
    return page.fileName();
  };
  assert.equal(named("Ada Lovelace"), "kite.ada-lovelace.review.yaml");
  assert.equal(named("../../etc/x"), "kite.etc-x.review.yaml");
  assert.equal(named("李雷"), "kite.李雷.review.yaml");
  assert.equal(named("!!"), "kite.reviewer.review.yaml");
});

test("times, sizes and counts in words", () => {
  const { timecode, size, counted } = opened();
  assert.deepEqual([0, 9.5, 65.25, -1].map(timecode), ["0:00.00", "0:09.50", "1:05.25", "0:00.00"]);
  assert.deepEqual([null, 999, 1e6].map(size), ["", "1 kB", "1.0 MB"]);
  assert.deepEqual([counted(1, "vote"), counted(2, "vote"), counted(0, "entry", "entries")], ["1 vote", "2 votes", "0 entries"]);
});

test("what differs is said first", () => {
  const { TAKES, wordsOf, differing } = opened();
  assert.equal(wordsOf(TAKES[3], [], differing(TAKES[3], TAKES[0])), "noir · take 10 · open");
  assert.equal(wordsOf(TAKES[0], ["shot"], ["take"]), "take 1 · soft");
});

test("takes stand by a measure, those without a figure last both ways", () => {
  const of = (black) => ({ measures: { black, loudness: "not applicable", "judge.taste": 0.5 } });
  const takes = [0.5, "not measured", 2, 0].map((black, n) => take("open", {}, n + 1, of(black)));
  const page = opened({ takes, units: { black: "s" } });
  const order = (down) => page.sortedBy(page.TAKES, "black", down).map((t) => t.take);
  assert.deepEqual(order(true), [3, 1, 4, 2]);
  assert.deepEqual(order(false), [4, 1, 3, 2]);
  assert.deepEqual(page.MEASURES, ["black", "judge.taste"], "what is a number nowhere is nothing to sort by");
  assert.equal(page.measureInWords(page.TAKES[0], "black"), "0.5 s");
  assert.equal(page.measureInWords(page.TAKES[1], "black"), "–");
  assert.equal(page.measureOf(page.TAKES[0], "constructor"), null);
});

test("what is not met is counted, the most first", () => {
  const unmet = (count) => ({ unmet: Array(count).fill({ measure: "black", expected: "at most 1 s", found: "2 s" }) });
  const takes = [0, 2, 1].map((count, n) => take("open", {}, n + 1, count ? unmet(count) : {}));
  const page = opened({ takes });
  assert.deepEqual(page.sortedBy(page.TAKES, "unmet", true).map((t) => t.take), [2, 3, 1]);
});

/** Pairs of a contest between labels, `each` of them for every two labels. */
function between(labels, each = 3) {
  const pairs = [];
  for (let i = 0; i < labels.length; i += 1) {
    for (let j = i + 1; j < labels.length; j += 1) {
      for (let n = 0; n < each; n += 1) {
        const of = (label) => ({ index: 10 * n + labels.indexOf(label), address: `${label}/${n}` });
        const [a, b] = [of(labels[i]), of(labels[j])];
        pairs.push({ a, b, contest: "look", x: labels[i], y: labels[j], order: pairs.length, shown: "ab" });
      }
    }
  }
  return pairs;
}

/** Votes in an order: each asks for the pair that tells most, the stronger label wins. */
function voted(page, pairs, count, strongest) {
  const given = new Map();
  const winnerOf = (pair) => given.get(pair) ?? null;
  const met = [];
  for (let n = 0; n < count; n += 1) {
    const pair = page.tellingMost(pairs, winnerOf);
    if (!pair) break;
    met.push(pair);
    given.set(pair, strongest(pair, n));
  }
  return { met, winnerOf };
}

test("the pairs that tell most come first: what was least compared, then what is closest", () => {
  const page = opened();
  const pairs = between(["x", "y", "z"], 12);
  const byName = (pair) => (pair.x < pair.y ? "a" : "b");
  const { met } = voted(page, pairs, 3, byName);
  assert.equal(new Set(met.map((p) => p.x + p.y)).size, 3, "each two labels once before any twice");
  const clear = new Map(pairs.filter((p) => p.x === "x").map((p, n) => [p, n % 12 < 11 ? "a" : "b"]));
  const next = page.tellingMost(pairs, (pair) => clear.get(pair) ?? null);
  assert.equal(next.x + next.y, "yz", "x beats both for sure: nothing is learned from it");
  const again = voted(page, between(["x", "y", "z"], 12), 20, byName).met.map((p) => p.a.address + p.b.address);
  assert.deepEqual(again, voted(page, between(["x", "y", "z"], 12), 20, byName).met.map((p) => p.a.address + p.b.address));
});

test("of pairs that tell the same, the takes of fewer votes come first, and a skipped pair does not come again", () => {
  const page = opened();
  const { met } = voted(page, between(["x", "y"], 4), 9, () => "skip");
  assert.equal(met.length, 4);
  assert.equal(new Set(met.flatMap((p) => [p.a.address, p.b.address])).size, 8);
});

test("how many votes decide is said from the votes, and nothing when they cannot", () => {
  const page = opened();
  const more = (pairs, winnerOf) => page.votesToDecide(page.contests(pairs, winnerOf).values());
  const pairs = between(["x", "y"], 60);
  const start = more(pairs, () => null);
  assert.ok(start > 20 && start < 30, `${start}: a lead of seven in ten is supposed`);
  assert.equal(more(between(["x", "y", "z"], 60), () => null), 2 * start, "the leader against each other one");
  const strong = voted(page, pairs, 20, (_, n) => (n % 10 ? "a" : "b"));
  assert.equal(more(pairs, strong.winnerOf), 0, "eighteen of twenty decide");
  const even = voted(page, pairs, 20, (_, n) => (n % 2 ? "a" : "b"));
  assert.equal(more(pairs, even.winnerOf), Infinity);
  const few = voted(page, pairs, 2, () => "a");
  assert.ok(more(pairs, few.winnerOf) >= 4, "two votes never decide");
  assert.equal(page.leftInWords(24, 60), "about 25 more decide it");
  assert.equal(page.leftInWords(24, 12), "12 pairs left");
  assert.equal(page.leftInWords(0, 12), "these votes decide it");
});

test("a fit is the Bradley-Terry model of `seedspec stats`: one imagined vote for each, half won", () => {
  const { fitted } = opened();
  const fit = fitted(["x", "y"], [{ x: "x", y: "y", score: 1 }, { x: "x", y: "y", score: 1 }, { x: "x", y: "y", score: 0 }]);
  // at the maximum of the likelihood: won + 1/2 = votes * p(x beats y) + p(x beats the imagined one)
  const [x, y] = ["x", "y"].map((name) => Math.exp(fit.strength.get(name)));
  assert.ok(Math.abs(2.5 - (3 * x) / (x + y) - x / (x + 1)) < 1e-4 && Math.abs(x * y - 1) < 1e-4);
  assert.ok(fit.spread("x", "y") > 0 && fit.spread("x", "y") < fitted(["x", "y"], []).spread("x", "y"));
});

const PLAYED = [
  take("open", { look: "noir" }, 1, { fps: 24 }),
  take("open", { look: "soft" }, 1, { seconds: 2 }),
  take("card", {}, 1),
  take("walk", { look: "soft" }, 1, { state: "failed", seconds: 5, width: null }),
];
const plays = (...numbers) => numbers.map((number) => ({ take: number, seconds: PLAYED[number].seconds, picked: number === 2 }));
const FILM_ROWS = [
  { name: "film@look=noir", labels: { look: "noir" }, fp: "a".repeat(16), plays: plays(0, 2), lacks: [] },
  { name: "film@look=soft", labels: { look: "soft" }, fp: "b".repeat(16), plays: plays(1, 2), lacks: ["walk"] },
  { name: "film@look=wet", labels: { look: "wet" }, fp: "c".repeat(16), plays: plays(1, 3, 2), lacks: [] },
  { name: "film@look=same", labels: { look: "same" }, fp: "a".repeat(16), plays: plays(0, 2), lacks: [] },
];
const WITH_FILMS = { takes: PLAYED, films: FILM_ROWS };

test("a film is as long as its parts, and at each moment one of them is on", () => {
  const page = opened(WITH_FILMS);
  const [film, , gap] = page.FILMS;
  assert.equal(film.seconds, 8);
  assert.deepEqual(film.parts.map((part) => [part.take.address, part.start, part.seconds, part.picked]), [
    ["open@look=noir/1", 0, 4, false],
    ["card/1", 4, 4, true],
  ]);
  assert.deepEqual([-1, 0, 3.99, 4, 7.9, 8, 99].map((time) => page.partAt(film, time)), [0, 0, 0, 1, 1, 1, 1]);
  assert.equal(new Set([...page.TAKES, ...page.FILMS].map((one) => one.index)).size, 8, "a number means two of them");
  assert.equal(page.aboutFilm(gap), "11.0 s · 3 shots · 1 shot without a video");
  assert.equal(page.aboutFilm(page.FILMS[1]), "6.0 s · 2 shots · its row has no walk");
});

test("films without a gap and with unlike videos are asked about in pairs", () => {
  const page = opened(WITH_FILMS);
  const pairs = page.pairsFor("look", page.WHOLE_FILMS).map((pair) => pair.map((film) => film.labels.look));
  assert.deepEqual(pairs, [["noir", "soft"], ["soft", "same"]]);
  assert.deepEqual(page.pairsFor("take", page.WHOLE_FILMS), []);
  assert.deepEqual(opened().FILMS, []);
});

test("votes on films stand in the file under a key of their own, and stay there whatever plays later", () => {
  const kept = new Map();
  const page = opened(WITH_FILMS, kept);
  page.recall();
  page.vote(page.FILMS[0], page.FILMS[1], "b", HOW);
  page.vote(page.TAKES[0], page.TAKES[1], "a", HOW);
  page.vote(page.FILMS[0], page.FILMS[1], "a", HOW);
  assert.equal(page.voteOn(page.FILMS[0], page.FILMS[1], "overall").winner, "a");
  const line =
    '  - {"a":"film@look=noir","b":"film@look=soft","winner":"a","criterion":"overall","blind":true,"shown":"ab",' +
    `"a_fp":"${"a".repeat(16)}","b_fp":"${"b".repeat(16)}"}`;
  const rows = (text) => text.split("film_votes:\n")[1].split("\nnotes:")[0];
  assert.equal(rows(page.yaml()), line);
  assert.equal(page.yaml().split('"winner"').length, 3, "one vote of each kind");
  for (const later of [{}, { digest: "sha256:2" }]) {
    const other = opened({ ...WITH_FILMS, films: [{ ...FILM_ROWS[0], fp: "d".repeat(16) }], ...later }, kept);
    other.recall();
    assert.equal(rows(other.yaml()), line);
  }
  page.undo();
  assert.match(page.yaml(), /"winner":"b"/);
  assert.doesNotMatch(opened().yaml(), /film_votes/);
});
