// A film in one place: its clips one after the other, the next one loaded ahead, and a card where there is no video.

/**
 * What a clock, a stage and "what was seen" ask of a video, made of two videos that take turns. What is on is `on`;
 * the other one has the next clip.
 */
class Reel extends EventTarget {
  /** @param {Take} film */
  constructor(film) {
    super();
    this.film = film;
    this.parts = film.parts ?? [];
    this.at = 0; // the number of the part that is on
    this.wish = 0; // seconds into the part that a video which still loads shall show; -1 when it shows them
    this.rest = { time: 0, since: 0 }; // of a card: how far it was, and when it went on from there
    this.timer = 0;
    this.rate = 1;
    this.paused = true;
    this.ended = false;
    this.card = el("div", { class: "gap-card", hidden: true });
    this.videos = [0, 1].map(() => {
      const video = el("video", { playsinline: true, preload: "auto", disablepictureinpicture: true, tabindex: "-1" });
      video.muted = true;
      video.setAttribute("aria-label", "video of a shot");
      video.addEventListener("loadedmetadata", () => video === this.on && this.take());
      video.addEventListener("ended", () => video === this.on && !this.paused && this.next());
      video.addEventListener("loadeddata", () => video.shows && loaded.add(video.shows.index));
      video.addEventListener("error", () => this.lose(video));
      for (const name of ["canplay", "seeked"]) {
        video.addEventListener(name, () => video === this.on && this.dispatchEvent(new Event(name)));
      }
      return video;
    });
    this.on = this.videos[0];
    this.box = el("div", { class: "reel" }, this.videos, this.card);
    this.put(0, 0);
  }

  get part() {
    return this.parts[this.at];
  }

  /** What is seen is counted by the shot of a film. */
  get seenAs() {
    return `${this.film.index}/${this.at}`;
  }

  get isGap() {
    return !this.part.take.playable || broken.has(this.part.take.index);
  }

  get duration() {
    return Number(this.film.seconds);
  }

  /** The length of everything is known before a clip has loaded. */
  get readyState() {
    return this.isGap ? 4 : Math.max(1, this.on.readyState);
  }

  get seeking() {
    return !this.isGap && (this.wish >= 0 || this.on.seeking);
  }

  get error() {
    return null; // a clip that cannot be played is a gap
  }

  get played() {
    return this.isGap ? { length: 0, start: () => 0, end: () => 0 } : this.on.played;
  }

  get currentTime() {
    const { start, seconds } = this.part;
    const clip = this.wish >= 0 ? this.wish : this.on.currentTime;
    return start + Math.min(seconds, this.isGap ? this.cardTime() : clip);
  }

  set currentTime(time) {
    const at = partAt(this.film, time);
    const within = Math.max(0, time - this.parts[at].start);
    this.ended = false;
    if (at !== this.at) this.put(at, within);
    else this.go(within);
  }

  set muted(off) {
    for (const video of this.videos) video.muted = off;
  }

  set playbackRate(rate) {
    this.rest = { time: this.cardTime(), since: performance.now() };
    this.rate = rate;
    for (const video of this.videos) video.playbackRate = rate;
    if (this.isGap) this.wait();
  }

  play() {
    if (!this.paused) return Promise.resolve();
    this.paused = false;
    this.rest.since = performance.now();
    return this.run();
  }

  pause() {
    this.rest = { time: this.cardTime(), since: performance.now() };
    this.paused = true;
    clearTimeout(this.timer);
    for (const video of this.videos) video.pause();
  }

  /** Lets both decoders go. */
  close() {
    this.pause();
    for (const video of this.videos) this.load(video, null);
    this.box.remove();
  }

  run() {
    if (this.isGap) return this.wait();
    return this.on.play();
  }

  cardTime() {
    const { time, since } = this.rest;
    return this.paused ? time : time + ((performance.now() - since) / 1000) * this.rate;
  }

  wait() {
    clearTimeout(this.timer);
    const left = (this.part.seconds - this.cardTime()) / Math.max(0.1, this.rate);
    if (!this.paused) this.timer = setTimeout(() => this.next(), Math.max(0, left * 1000));
    return Promise.resolve();
  }

  next() {
    if (this.at === this.parts.length - 1) {
      this.rest = { time: this.part.seconds, since: performance.now() };
      this.ended = true;
      return;
    }
    this.put(this.at + 1, 0);
  }

  /**
   * Puts a part on, from some second of it; the part behind it is loaded ahead.
   * @type {(at: number, within: number) => void}
   */
  put(at, within) {
    clearTimeout(this.timer);
    const [had, other] = [this.on, this.videos[1 - this.videos.indexOf(this.on)]];
    this.at = at;
    if (!this.isGap && had.shows !== this.part.take) {
      if (other.shows !== this.part.take) this.load(other, this.part.take);
      had.pause();
      this.on = other;
      this.on.playbackRate = this.rate;
    } else if (this.isGap) {
      had.pause();
    }
    this.draw();
    this.go(within);
    const ahead = this.parts[at + 1]?.take;
    const idle = this.videos[1 - this.videos.indexOf(this.on)];
    if (ahead?.playable && ahead !== this.on.shows && ahead !== idle.shows) this.load(idle, ahead);
    if (!this.paused) this.run().catch(() => {});
  }

  /** @param {number} within seconds of the part that is on */
  go(within) {
    this.rest = { time: within, since: performance.now() };
    this.wish = this.isGap ? -1 : within;
    if (this.isGap) {
      this.wait();
      queueMicrotask(() => this.dispatchEvent(new Event("seeked")));
    } else if (this.on.readyState >= 1) this.take();
  }

  /** The clip that is on goes to where it shall be. */
  take() {
    if (this.wish < 0) return;
    const to = this.wish;
    this.wish = -1;
    if (Math.abs(this.on.currentTime - to) > 0.0005) this.on.currentTime = to;
    else queueMicrotask(() => this.dispatchEvent(new Event("seeked")));
  }

  /** @type {(video: any, take: Take | null) => void} */
  load(video, take) {
    video.shows = take;
    video.pause();
    if (take) {
      video.poster = POSTERS[take.index] || "";
      video.src = sourceOf(take);
      forgetBlobs();
    } else {
      video.removeAttribute("src");
      video.removeAttribute("poster");
      video.load();
    }
  }

  /** A clip that cannot be played is a card from now on. */
  lose(video) {
    if (!video.shows || !video.hasAttribute("src")) return;
    const lost = video.shows;
    cannotPlay(lost);
    if (video !== this.on || this.part.take !== lost) return;
    this.draw();
    this.go(Math.max(0, this.wish));
    this.dispatchEvent(new Event("canplay"));
  }

  draw() {
    const { take } = this.part;
    const state = broken.has(take.index) ? "cannot be played" : PAGE.words[take.state];
    for (const video of this.videos) video.classList.toggle("on", video === this.on && !this.isGap);
    this.card.hidden = !this.isGap;
    this.card.replaceChildren(el("b", {}, take.shot), el("span", {}, wordsOf(take, ["shot", "take"])), el("span", {}, state));
  }
}
