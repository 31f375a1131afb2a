// The players: at most four videos are ever live, however many takes there are.

const MOST_PLAYERS = 4;
const MOST_BLOBS = 16;
const players = [];
/** @type {Reel[]} Films that are on the stage: each has two videos, and no other video is live beside them. */
let reels = [];
const blobs = new Map();

function sourceOf(take) {
  if (PAGE.media === "link" || PAGE.media === "signed") return take.source;
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
  const live = new Set([...players.map((p) => p.video), ...reels.flatMap((r) => r.videos)].map((video) => video.src));
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
  if (take.parts) {
    const reel = new Reel(take);
    reels.push(reel);
    reel.addEventListener("seeked", () => {
      if (!clock.running && clock.players.some((p) => p.video === reel)) noteShown(clock.wanted, false);
    });
    return { video: reel, box: reel.box, take, counted: 0 };
  }
  let player = players.find((p) => p.take === null);
  if (!player) {
    if (players.length >= MOST_PLAYERS) return null;
    const video = el("video", { playsinline: true, preload: "auto", disablepictureinpicture: true, tabindex: "-1" });
    player = { video, box: video, take: null, counted: 0 };
    players.push(player);
    follow(player);
  }
  const { video } = player;
  player.take = take;
  player.counted = 0;
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
  noteSeen(player, null);
  player.take = null;
  if (video instanceof Reel) {
    video.close();
    reels = reels.filter((reel) => reel !== video);
    return;
  }
  video.pause();
  video.removeAttribute("src");
  video.removeAttribute("poster");
  video.load(); // lets the decoder go
  video.remove();
}

/** Whether a video loads and can be played is known of each that is borrowed. */
function follow(player) {
  player.video.addEventListener("loadeddata", () => {
    if (player.take) loaded.add(player.take.index);
  });
  player.video.addEventListener("seeked", () => {
    if (!clock.running && clock.players.includes(player)) noteShown(clock.wanted, false);
  });
  player.video.addEventListener("error", () => {
    if (player.take) cannotPlay(player.take);
  });
}

/** @param {Take} take */
function cannotPlay(take) {
  if (broken.has(take.index)) return;
  broken.add(take.index);
  loaded.delete(take.index);
  showTrouble();
}

function showTrouble() {
  const words = troubleOf();
  $("trouble").hidden = !words;
  if ($("trouble").textContent !== words) $("trouble").textContent = words;
  for (const box of document.querySelectorAll(".tile")) {
    const index = Number(/** @type {HTMLElement} */ (box).dataset.take);
    box.classList.toggle("is-broken", broken.has(index));
  }
  showLost();
  leaveBrokenPair();
}

/** Asks for the first, the middle and the last video as the page opens, so that it says at once when they are gone. */
function probe() {
  if (PAGE.media !== "link" && PAGE.media !== "signed") return;
  const watchable = TAKES.filter((take) => take.playable);
  const asked = new Set([0, watchable.length >> 1, watchable.length - 1].map((at) => watchable[at]).filter(Boolean));
  for (const take of asked) {
    const video = el("video", { preload: "metadata", muted: true });
    video.addEventListener("loadedmetadata", () => {
      loaded.add(take.index);
      showTrouble();
      video.removeAttribute("src");
      video.load();
    });
    video.addEventListener("error", () => video.hasAttribute("src") && cannotPlay(take));
    video.src = sourceOf(take);
  }
}
