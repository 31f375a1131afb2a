// What was on the screen: how long a take has played, which of its pictures were looked at, and what cannot be played.

const ENOUGH = 1; // seconds of playing after which a take counts as seen, or half of one that is shorter than two
const LOOKS = 3; // pictures looked at one by one count as much: motion is not for everybody

/** @type {Map<number | string, { seconds: number, frames: Set<number> }>} By take; by film and shot, too. */
const seen = new Map();
/** @type {Set<number>} Takes whose video has loaded, at least as far as to tell its length. */
const loaded = new Set();
/** @type {Set<number>} Takes whose video is not there, or does not decode. */
const broken = new Set();

/** @param {number | string} what */
function seenOf(what) {
  const known = seen.get(what) ?? { seconds: 0, frames: new Set() };
  seen.set(what, known);
  return known;
}

/**
 * Takes down what a player has shown since the last time.
 * @param {{ take: Take | null, video: any, counted?: number }} player
 * @param {number | null} frame the picture that stands still, null while it plays
 */
function noteSeen(player, frame) {
  const { take, video } = player;
  if (!take || video.readyState < 2) return;
  let played = 0;
  for (let at = 0; at < video.played.length; at += 1) played += video.played.end(at) - video.played.start(at);
  const known = seenOf(video instanceof Reel ? video.seenAs : take.index);
  known.seconds += Math.max(0, played - (player.counted ?? 0));
  player.counted = played;
  if (frame !== null) known.frames.add(frame);
}

/**
 * Whether a take was seen, or each shot of a film in that film.
 * @type {(take: Take, what?: number | string) => boolean}
 */
function isSeen(take, what = take.index) {
  if (take.parts) return take.parts.every((part, at) => isSeen(part.take, `${take.index}/${at}`));
  if (broken.has(take.index) || !loaded.has(take.index)) return false;
  const { seconds, frames } = seenOf(what);
  return seconds >= Math.min(ENOUGH, (Number(take.seconds) || 2 * ENOUGH) / 2) || frames.size >= LOOKS;
}

/** @type {(take: Take) => boolean} */
function isBroken(take) {
  return take.parts ? take.parts.some((part) => isBroken(part.take)) : broken.has(take.index);
}

/** What the page says of videos that cannot be played; nothing while all can. */
function troubleOf() {
  if (!broken.size) return "";
  const inside = PAGE.media === "inline" || PAGE.media === "proxy";
  if (!loaded.size) {
    if (inside) return "This browser cannot play the videos of this page. Open it in another browser.";
    if (PAGE.media === "signed")
      return "The videos cannot be reached: their addresses are good for a limited time. Ask for a new page.";
    return (
      "The videos are not beside this page, so nothing can be played or voted on. Open it in its own folder, " +
      "or ask for a page that holds them: seedspec review --media proxy."
    );
  }
  const names = [...broken].slice(0, 3).map((at) => wordsOf(TAKES[at]));
  const more = broken.size > names.length ? ` and ${broken.size - names.length} more` : "";
  const which = PAGE.guest || PAGE.blind ? "" : `: ${names.join("; ")}${more}`;
  return `${counted(broken.size, "video")} cannot be played and ${broken.size === 1 ? "is" : "are"} not voted on${which}.`;
}
