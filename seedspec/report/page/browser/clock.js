// One clock for two videos: the longer one leads, the other is nudged; still, both show the middle of the same frame.

const JUMP = 0.12; // seconds apart beyond which a nudge would take too long
const NUDGE = 0.1;
const RATES = [-1, 0.25, 0.5, 1, 1.5, 2, 4];

class Clock {
  constructor(told) {
    this.told = told; // called with the time and whether it runs
    this.players = [];
    this.rate = 1;
    this.loop = true;
    this.running = false;
    this.wanted = 0;
    this.turn = 0; // of the loop that is alive: a later one makes it stop
  }

  /** The takes' players; the time stays where it was, as far as they reach. */
  load(players) {
    this.pause();
    this.players = players;
    this.turn += 1;
    for (const { video } of players) {
      video.addEventListener("loadedmetadata", () => this.seek(this.wanted), { once: true });
    }
    this.seek(Math.min(this.wanted, this.seconds));
  }

  get seconds() {
    return Math.max(0, ...this.players.map((p) => lengthOf(p)));
  }

  get leader() {
    return this.players.reduce((best, p) => (!best || lengthOf(p) > lengthOf(best) ? p : best), null);
  }

  get fps() {
    return this.leader ? this.leader.take.fps : 24;
  }

  get time() {
    return this.running && this.rate > 0 && this.leader ? this.leader.video.currentTime : this.wanted;
  }

  get frame() {
    return frameAt(this.time, this.fps);
  }

  /** Shows the frame that is on at a time. While a video still seeks, only the last wish is kept. */
  seek(time) {
    const last = Math.max(0, this.seconds - 0.5 / this.fps);
    this.wanted = Math.min(Math.max(0, time), last);
    for (const player of this.players) this.place(player);
    this.told(this.wanted, this.running);
  }

  place(player) {
    const { video } = player;
    if (video.readyState < 1) return;
    const target = middle(this.wanted, player);
    if (Math.abs(video.currentTime - target) < 0.0005) return;
    if (video.seeking) {
      if (player.again) return;
      player.again = true;
      video.addEventListener(
        "seeked",
        () => {
          player.again = false;
          if (!this.running && this.players.includes(player)) this.place(player);
        },
        { once: true },
      );
      return;
    }
    video.currentTime = target;
  }

  step(frames) {
    this.pause();
    this.seek((this.frame + frames + 0.5) / this.fps);
  }

  toggle() {
    if (this.running) this.pause();
    else this.play();
  }

  pause() {
    if (!this.running) return;
    const now = this.time;
    this.running = false;
    this.turn += 1;
    for (const { video } of this.players) {
      video.pause();
      video.playbackRate = 1;
    }
    this.seek(now);
  }

  async play() {
    if (!this.players.length) return;
    if (this.rate > 0 && this.wanted >= this.seconds - 1.5 / this.fps) this.seek(0);
    this.running = true;
    this.turn += 1;
    const turn = this.turn;
    this.told(this.wanted, true);
    if (this.rate < 0) {
      this.reverse(turn, performance.now());
      return;
    }
    await Promise.all(this.players.map(ready));
    if (turn !== this.turn) return;
    for (const player of this.players) player.video.playbackRate = this.rate;
    const started = this.players.filter((p) => this.wanted < lengthOf(p) - 0.5 / p.take.fps);
    await Promise.allSettled(started.map((p) => p.video.play()));
    if (turn === this.turn) this.follow(turn);
  }

  /** Faster or slower by one step; below the slowest it runs backwards. */
  shuttle(direction) {
    const at = RATES.indexOf(this.rate);
    const next = this.running
      ? RATES[Math.min(RATES.length - 1, Math.max(0, at + direction))]
      : direction > 0
        ? 1
        : 0.5;
    const now = this.time;
    if (this.running && next < 0 !== this.rate < 0) this.pause();
    this.rate = next;
    this.wanted = now;
    if (!this.running) this.play();
    else if (next > 0) for (const { video } of this.players) video.playbackRate = next;
    this.told(now, this.running);
  }

  follow(turn) {
    const { leader } = this;
    const tick = () => {
      if (turn !== this.turn || !this.running) return;
      const now = leader.video.currentTime;
      this.wanted = now;
      if (leader.video.ended || now >= lengthOf(leader) - 0.25 / leader.take.fps) {
        this.end();
        return;
      }
      for (const player of this.players) if (player !== leader) this.nudge(player, now);
      this.told(now, true);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  nudge(player, now) {
    const { video } = player;
    if (video.ended || video.seeking || now >= lengthOf(player) - 0.5 / player.take.fps) return;
    const drift = video.currentTime - now;
    if (video.paused) video.play().catch(() => {});
    if (Math.abs(drift) > JUMP) video.currentTime = now;
    else video.playbackRate = this.rate * (1 - Math.min(NUDGE, Math.max(-NUDGE, drift * 2)));
  }

  end() {
    this.running = false;
    this.turn += 1;
    for (const { video } of this.players) video.pause();
    if (this.loop) {
      this.wanted = 0;
      for (const player of this.players) player.video.currentTime = middle(0, player);
      this.play();
    } else {
      this.seek(this.seconds);
    }
  }

  reverse(turn, before) {
    requestAnimationFrame((now) => {
      if (turn !== this.turn || !this.running) return;
      if (this.players.every((p) => !p.video.seeking)) {
        const to = this.wanted - (now - before) / 1000;
        if (to <= 0 && !this.loop) {
          this.pause();
          return;
        }
        this.seek(to <= 0 ? this.seconds : to);
        before = now;
      }
      this.reverse(turn, before);
    });
  }
}

function lengthOf(player) {
  return Number.isFinite(player.video.duration) ? player.video.duration : Number(player.take.seconds) || 0;
}

function frameAt(time, fps) {
  return Math.floor(time * fps + 1e-6);
}

/** The middle of the frame that a player shows at a time: a rounding error cannot reach another frame from there. */
function middle(time, player) {
  const { fps } = player.take;
  const last = Math.max(0, Math.round(lengthOf(player) * fps) - 1);
  return (Math.min(frameAt(time, fps), last) + 0.5) / fps;
}

function ready(player) {
  const { video } = player;
  if (video.readyState >= 3 && !video.seeking) return Promise.resolve();
  return new Promise((/** @type {(value?: undefined) => void} */ done) => {
    const look = () => {
      if (video.error || (video.readyState >= 3 && !video.seeking)) {
        for (const name of ["canplay", "seeked", "error", "emptied"]) video.removeEventListener(name, look);
        done();
      }
    };
    for (const name of ["canplay", "seeked", "error", "emptied"]) video.addEventListener(name, look);
  });
}
