// What the reviewer makes of the takes: picks, votes and notes, kept in this browser, each step of it undone by one key.

const STORE = `seedspec-review:${PAGE.digest}`;
const LATEST = `seedspec-review:${PAGE.track}:${PAGE.name}:latest`;
/** @type {(() => void)[]} */
const watchers = [];
/** @type {Marks} */
let marks = { reviewer: "", picks: {}, votes: [], notes: [] };
/** @type {{ words: string, marks: Marks }[]} */
let past = [];

/**
 * Calls back after every change of the marks.
 * @param {() => void} seen
 */
function watch(seen) {
  watchers.push(seen);
}

/** @param {string} key */
function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is switched off: the page works, and says that nothing is kept
  }
}

/** @type {(key: string, value: string) => boolean} */
function keep(key, value) {
  try {
    localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** Takes up what this browser kept for this page, or for an earlier page of the same storyboard. */
function recall() {
  const own = read(stored(STORE));
  if (own) {
    marks = own;
    return;
  }
  const before = stored(LATEST);
  const old = before && before !== STORE ? read(stored(before)) : null;
  if (!old) return;
  marks = {
    reviewer: old.reviewer,
    picks: Object.fromEntries(Object.entries(old.picks).filter(([, key]) => BY_KEY.has(key))),
    votes: old.votes.filter((v) => v.film || (BY_KEY.has(v.a) && BY_KEY.has(v.b))),
    notes: old.notes.filter((n) => BY_KEY.has(n.take)),
  };
  const count = Object.keys(marks.picks).length + marks.votes.length + marks.notes.length;
  if (count) say(`Taken over from an earlier page of this storyboard: ${tallied()}`);
}

/**
 * Marks as this browser kept them; null for what are none.
 * @param {string | null} text
 * @returns {Marks | null}
 */
function read(text) {
  try {
    const found = JSON.parse(text ?? "null");
    const whole = found && Array.isArray(found.votes) && Array.isArray(found.notes) && typeof found.picks === "object";
    return whole ? { reviewer: "", ...found } : null;
  } catch {
    return null;
  }
}

/**
 * Replaces the marks; what was before can be had back.
 * @param {string} words
 * @param {Partial<Marks>} next
 */
function change(words, next) {
  past.push({ words, marks });
  past = past.slice(-200);
  marks = { ...marks, ...next };
  changed();
  say(words);
}

function undo() {
  const last = past.pop();
  if (!last) {
    say("Nothing to undo");
    return null;
  }
  marks = { ...last.marks, reviewer: marks.reviewer };
  changed();
  say(`Undone: ${last.words}`);
  return last;
}

function changed() {
  const kept = keep(STORE, JSON.stringify(marks)) && keep(LATEST, STORE);
  $("kept").textContent = `${tallied()}${kept ? " · kept in this browser" : " · not kept: save before you leave"}`;
  for (const seen of watchers) seen();
}

function tallied() {
  const picks = Object.keys(marks.picks).length;
  const given = marks.votes.filter((v) => v.winner !== "skip").length;
  return [counted(picks, "pick"), counted(given, "vote"), counted(marks.notes.length, "note")].join(", ");
}

/** @param {Take} take */
function isPicked(take) {
  return marks.picks[variantOf(take)] === keyOf(take);
}

/** @param {Take} take */
function togglePick(take) {
  const picks = { ...marks.picks };
  const was = isPicked(take);
  if (was) delete picks[variantOf(take)];
  else picks[variantOf(take)] = keyOf(take);
  change(`${was ? "No longer picked" : "Picked"}: ${wordsOf(take)}`, { picks });
}

/**
 * A vote replaces an earlier one on the same pair by the same measure.
 * @param {Take} a
 * @param {Take} b
 * @param {string} winner
 * @param {Pick<Vote, "criterion" | "blind" | "shown">} how
 */
function vote(a, b, winner, { criterion, blind, shown }) {
  const own = { a: keyOf(a), b: keyOf(b), winner, criterion, blind, shown, ...(a.parts ? { film: true } : {}) };
  const votes = marks.votes.filter((v) => !(v.a === own.a && v.b === own.b && v.criterion === criterion));
  /** @type {Record<string, string>} */
  const other = { tie: "a tie", bad: "neither is any good", skip: "skipped" };
  const side = winner === shown[0] ? "A" : "B";
  change(`Voted: ${other[winner] || `${side} is better`}`, { votes: [...votes, own] });
}

/** @type {(a: Take, b: Take, criterion: string) => Vote | null} */
function voteOn(a, b, criterion) {
  return marks.votes.find((v) => v.a === keyOf(a) && v.b === keyOf(b) && v.criterion === criterion) || null;
}

/** @param {Take} take */
function notesOn(take) {
  return marks.notes.filter((n) => n.take === keyOf(take)).sort((x, y) => x.at - y.at);
}

/** @type {(take: Take, at: number, text: string) => void} */
function addNote(take, at, text) {
  const notes = [...marks.notes, { take: keyOf(take), at: Math.round(at * 1000) / 1000, text }];
  change(`Noted at ${timecode(at)}`, { notes });
}

/** @param {Note} note */
function dropNote(note) {
  change("Note removed", { notes: marks.notes.filter((n) => n !== note) });
}
