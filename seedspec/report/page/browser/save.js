// The marks as a YAML file: one mark a line, each line JSON, in an order that git merges.

/** @param {unknown} value */
function inYaml(value) {
  // what JSON may hold raw and YAML may not: control characters, line separators, halves of characters
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** @param {string} text */
function whole(text) {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}

/** @type {(name: string, rows: unknown[]) => string[]} */
function listOf(name, rows) {
  const lines = rows.map(inYaml).sort();
  return lines.length ? [`${name}:`, ...lines.map((line) => `  - ${line}`)] : [`${name}: []`];
}

function yaml() {
  const here = (/** @type {string} */ key) => BY_KEY.has(key);
  const take = (/** @type {string} */ key) => /** @type {Take} */ (BY_KEY.get(key));
  const picks = Object.values(marks.picks).filter(here).map(take);
  const votes = marks.votes.filter((v) => !v.film && here(v.a) && here(v.b));
  const filmVotes = marks.votes.filter((v) => v.film);
  const notes = marks.notes.filter((n) => here(n.take));
  const profile = PAGE.profile ? { profile: PAGE.profile } : {};
  return [
    ...(PAGE.modeline ? [`# yaml-language-server: $schema=${PAGE.modeline}`] : []),
    "seedspec_review: 1",
    `page: ${inYaml({ storyboard: PAGE.name, emulator: PAGE.emulator, ...profile, digest: PAGE.digest })}`,
    `reviewer: ${inYaml(reviewer())}`,
    ...listOf(
      "picks",
      picks.map((t) => ({ entry: t.address, fp: t.fp, video: t.video })),
    ),
    ...listOf(
      "votes",
      votes.map((v) => ({
        a: take(v.a).address,
        b: take(v.b).address,
        winner: v.winner,
        criterion: v.criterion,
        blind: v.blind,
        shown: v.shown,
        a_fp: take(v.a).fp,
        b_fp: take(v.b).fp,
      })),
    ),
    ...(filmVotes.length ? listOf("film_votes", filmVotes.map(filmVote)) : []),
    ...listOf(
      "notes",
      notes.map((n) => ({
        entry: take(n.take).address,
        at: n.at,
        text: whole(n.text),
        fp: take(n.take).fp,
      })),
    ),
    "",
  ].join("\n");
}

/**
 * A vote on films as the file has it. It is kept whatever plays today: with another pick a film is another one, and
 * with the former pick it is that one again.
 * @param {Vote} vote
 */
function filmVote({ a, b, winner, criterion, blind, shown }) {
  const [[a_name, a_fp], [b_name, b_fp]] = [a.split(" "), b.split(" ")];
  return { a: a_name, b: b_name, winner, criterion, blind, shown, a_fp, b_fp };
}

function reviewer() {
  return whole(marks.reviewer.trim()) || "reviewer";
}

function fileName() {
  const slug = reviewer()
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  return `${PAGE.track}.${slug || "reviewer"}.review.yaml`;
}

/** Without a name there is no file: it is what keeps two reviewers' files apart. */
function named() {
  if (marks.reviewer.trim()) return true;
  $("reviewer").focus();
  say("Your name first: it goes into the file and its name");
  return false;
}

function save() {
  if (!named()) return;
  const url = URL.createObjectURL(new Blob([yaml()], { type: "application/yaml" }));
  const link = el("a", { href: url, download: fileName() });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  say(`Saved ${fileName()}: ${tallied()}. ${whereItGoes()}`);
}

async function saveTo() {
  if (!named()) return;
  try {
    const handle = await /** @type {any} */ (window).showSaveFilePicker({
      suggestedName: fileName(),
      types: [{ description: "Review", accept: { "application/yaml": [".yaml"] } }],
    });
    const file = await handle.createWritable();
    await file.write(yaml());
    await file.close();
    say(`Saved ${handle.name}: ${tallied()}`);
  } catch (raised) {
    const error = /** @type {Error} */ (raised);
    say(error.name === "AbortError" ? "Not saved" : `Not saved: ${error.message}`);
  }
}

async function copy() {
  if (!named()) return;
  try {
    await navigator.clipboard.writeText(yaml());
    say(`Copied: ${tallied()}`);
  } catch {
    say("The clipboard is not allowed here; use Save");
  }
}
