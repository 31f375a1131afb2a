// The controls under the stage: time, frames, speed, loop and sound.

const scrub = el("input", {
  type: "range",
  class: "scrub",
  min: 0,
  max: 1,
  step: "any",
  value: 0,
  "aria-label": "Time",
  oninput: (event) => {
    clock.pause();
    clock.seek(Number(event.target.value));
  },
});
const ticks = el("div", { class: "ticks", "aria-hidden": "true" });
const timeShown = el("span", { class: "time" }, timecode(0));
const frameShown = el("span", { class: "soft" });
const rateShown = el("span", { class: "rate" }, "1×");
const playButton = button({ icon: "play", say: "Play", key: "K", kind: "play", act: () => clock.toggle() });
const loopButton = button({ icon: "loop", say: "Loop", key: "R", pressed: true, act: () => toggleLoop() });
const soundButtons = ["off", ...SIDES].map((which) =>
  button({
    label: which === "off" ? "Off" : which.toUpperCase(),
    say: `Sound: ${which === "off" ? "off" : which.toUpperCase()}`,
    pressed: which === "off",
    act: () => setSound(which),
    "data-sound": which,
  }),
);
const transport = el(
  "div",
  { class: "transport", role: "group", "aria-label": "Playback" },
  el("div", { class: "track" }, scrub, ticks),
  el(
    "div",
    { class: "bar" },
    el(
      "span",
      { class: "cluster" },
      button({ icon: "first", say: "To the first frame", key: "Home", kind: "icon", act: () => jump(0) }),
      button({ icon: "back", say: "One frame back", key: ",", kind: "icon", act: () => clock.step(-1) }),
      playButton,
      button({ icon: "forth", say: "One frame on", key: ".", kind: "icon", act: () => clock.step(1) }),
      button({ icon: "last", say: "To the last frame", key: "End", kind: "icon", act: () => jump(Infinity) }),
    ),
    el("span", { class: "cluster clock" }, timeShown, frameShown),
    el(
      "span",
      { class: "cluster push" },
      button({ label: "Slower", key: "J", kind: "quiet", act: () => shuttle(-1) }),
      rateShown,
      button({ label: "Faster", key: "L", kind: "quiet", act: () => shuttle(1) }),
      loopButton,
    ),
    el(
      "span",
      { class: "cluster" },
      el("span", { class: "soft", id: "sound-label" }, "Sound"),
      el("span", { class: "segments", role: "group", "aria-labelledby": "sound-label" }, soundButtons),
    ),
  ),
);

function showTime(time, running) {
  noteShown(time, running);
  const { seconds, fps } = clock;
  const frame = frameAt(time, fps);
  const frames = Math.round(seconds * fps);
  scrub.max = seconds || 1;
  scrub.value = time;
  scrub.setAttribute("aria-valuetext", `${timecode(time)}, frame ${frame + 1} of ${frames}`);
  timeShown.textContent = timecode(frame / fps);
  frameShown.textContent = `${frame + 1} / ${frames}`;
  rateShown.textContent = `${clock.rate}×`;
  if (playButton.dataset.running !== String(running)) {
    playButton.dataset.running = String(running);
    playButton.querySelector("svg").replaceWith(icon(running ? "pause" : "play"));
    playButton.setAttribute("aria-label", running ? "Pause" : "Play");
    playButton.title = running ? "Pause (Space, K)" : "Play (Space, K)";
  }
}

function showSound() {
  for (const node of soundButtons) {
    press(node, node.dataset.sound === stage.sound);
    node.hidden = ["b", "c", "d"].includes(node.dataset.sound) && !stage.players[node.dataset.sound];
  }
}

/** What stands or runs on the stage is taken down as seen; a ballot waits for it. */
function noteShown(time, running) {
  for (const player of clock.players) noteSeen(player, running ? null : frameAt(time, player.take.fps));
  if (view.name === "blind") showReady();
  if (view.name === "films") showPart(time);
}

/** Where the notes on both takes stand in time. */
function showTicks() {
  ticks.replaceChildren();
  for (const side of SIDES) {
    const take = stage.takes[side];
    if (!take) continue;
    for (const note of notesOn(take)) {
      const tick = el("span", { class: `tick tick-${side}` });
      tick.style.left = `${(100 * note.at) / (clock.seconds || 1)}%`;
      ticks.append(tick);
    }
  }
}

function jump(time) {
  clock.pause();
  clock.seek(Math.min(time, clock.seconds));
}

function shuttle(direction) {
  clock.shuttle(direction);
  say(`${clock.rate}× speed`);
}

function toggleLoop() {
  clock.loop = !clock.loop;
  press(loopButton, clock.loop);
  say(clock.loop ? "Loops" : "Stops at the end");
}
