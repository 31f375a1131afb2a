// The players: at most four videos are ever live, however many takes there are.

const MOST_PLAYERS = 4;
const MOST_BLOBS = 16;
const players = [];
const blobs = new Map();

function sourceOf(take) {
  if (PAGE.media === "link") return take.source;
  if (blobs.has(take.source)) {
    const url = blobs.get(take.source);
    blobs.delete(take.source); // asked for last, given up last
    blobs.set(take.source, url);
    return url;
  }
  const text = atob($(take.source).textContent);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  const url = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  blobs.set(take.source, url);
  return url;
}

function forgetBlobs() {
  const live = new Set(players.map((p) => p.video.src));
  for (const [name, url] of blobs) {
    if (blobs.size <= MOST_BLOBS) return;
    if (!live.has(url)) {
      URL.revokeObjectURL(url);
      blobs.delete(name);
    }
  }
}

/** A player that shows a take, muted and still; null while four are in use. Give it back with `release`. */
function borrow(take) {
  let player = players.find((p) => p.take === null);
  if (!player) {
    if (players.length >= MOST_PLAYERS) return null;
    const video = el("video", { playsinline: true, preload: "auto", disablepictureinpicture: true, tabindex: "-1" });
    player = { video, take: null };
    players.push(player);
  }
  const { video } = player;
  player.take = take;
  video.muted = true;
  video.loop = false;
  video.playbackRate = 1;
  video.poster = POSTERS[take.index] || "";
  video.setAttribute("aria-label", "video of the take");
  video.src = sourceOf(take);
  forgetBlobs();
  return player;
}

function release(player) {
  if (!player || player.take === null) return;
  const { video } = player;
  player.take = null;
  video.pause();
  video.removeAttribute("src");
  video.removeAttribute("poster");
  video.load(); // lets the decoder go
  video.remove();
}
