// First of all: what the page holds, elements, words for people, and the line that says what happened.

/**
 * What content.py writes of an entry; `index` and `playable` are the page's own. Of a take without a video the facts
 * are null, and `fps`, `audio`, `video` and `source` are not there.
 * @typedef {{ address: string, shot: string, labels: Record<string, string>, take: number, fp: string, state: string,
 *   reason: string, prompt: number, fields: Record<string, string | number | boolean>,
 *   media: { name: string, kind: string }[], picked: boolean, credits: number | null, usd: number | null, estimated: boolean,
 *   seconds: number | null, width: number | null, height: number | null, bytes: number | null,
 *   fps?: number, audio?: boolean, video?: string, source?: string, columns?: Record<string, string>,
 *   measures?: Record<string, number | string>, measured?: string,
 *   unmet?: Unmet[], not_measured?: string[], index: number, playable: boolean, parts?: Part[], lacks?: string[] }} Take
 * @typedef {{ measure: string, found: string, expected: string, said: string, line: number }} Unmet
 * @typedef {{ take: Take, start: number, seconds: number, picked: boolean }} Part what a film plays of a shot, and from when on
 * @typedef {{ name: string, labels: Record<string, string>, fp: string, lacks: string[],
 *   plays: { take: number, seconds: number, picked: boolean }[] }} FilmRow what films.py writes
 * @typedef {{ a: string, b: string, winner: string, criterion: string, blind: boolean, shown: string, film?: boolean }} Vote
 * @typedef {{ take: string, at: number, text: string }} Note
 * @typedef {{ reviewer: string, picks: Record<string, string>, votes: Vote[], notes: Note[] }} Marks
 * @typedef {{ name: string, track: string, digest: string, profile: string, emulator: boolean, modeline: string,
 *   axes: { name: string, labels: string[] }[], columns?: { name: string, labels: string[] }[], texts: string[],
 *   words: Record<string, string>, units?: Record<string, string>, films?: FilmRow[], guest?: boolean,
 *   takes: Omit<Take, "index" | "playable">[], [setting: string]: any }} Page
 */

/**
 * A way to look at the takes: a section of the page of its own. `open` draws it, `redraw` follows a change of the marks,
 * `place` has the keyboard when it opens.
 * @typedef {{ name: string, label: string, open: () => void, redraw?: () => void, place?: () => HTMLElement | null | undefined,
 *   close?: () => void }} View
 */

/** @type {Page} */
const PAGE = JSON.parse($("content").textContent || "");
/** @type {string[]} */
const POSTERS = JSON.parse($("posters").textContent || "");
$("posters").textContent = ""; // they need not be in memory twice
/** A page for guests: blind votes alone, and nothing about the takes but their pictures. */
const GUEST = Boolean(PAGE.guest);
const SVG = "http://www.w3.org/2000/svg";
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const NARROW = matchMedia("(max-width: 900px)");

/** @type {Record<string, string>} */
const ICONS = {
  play: "M5 3.5v9l8-4.5z",
  pause: "M4.5 3.5h2.6v9H4.5zM8.9 3.5h2.6v9H8.9z",
  back: "M10.8 3.6v8.8L4.4 8zM3 3.6h1.3v8.8H3z",
  forth: "M5.2 3.6v8.8L11.6 8zM11.7 3.6H13v8.8h-1.3z",
  first: "M2.6 3.6h1.4v8.8H2.6zM8.8 3.6v8.8L4.4 8zM13.4 3.6v8.8L9 8z",
  last: "M12 3.6h1.4v8.8H12zM2.6 3.6v8.8L7 8zM7.2 3.6v8.8L11.6 8z",
  loop: "M4.2 5.2h5.9V3.1L13.6 6l-3.5 2.9V6.8H5.4v2.1H3.8V5.2zM11.8 10.8H5.9v2.1L2.4 10l3.5-2.9v2.1h4.7V7.1h1.6v3.7z",
  star: "M8 1.8l1.9 3.9 4.3.6-3.1 3 .7 4.3L8 11.6l-3.8 2 .7-4.3-3.1-3 4.3-.6z",
  note: "M2.5 3h11v7.6H7.6L4.6 13v-2.4H2.5z",
  theme: "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zm0 1.5v9.4a4.7 4.7 0 010-9.4z",
  sound: "M2.5 6h2.6l3.4-2.9v9.8L5.1 10H2.5zM10.3 5.2a4 4 0 010 5.6M12 3.5a6.4 6.4 0 010 9",
  flag: "M8 1.6l6.6 11.8H1.4zM7.2 6v3.6h1.6V6zm0 4.6v1.5h1.6v-1.5z",
};

/**
 * The element of page.html that has an id.
 * @param {string} id
 */
function $(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * A dialog of page.html.
 * @param {string} id
 */
function dialogOf(id) {
  return /** @type {HTMLDialogElement} */ ($(id));
}

/**
 * An element. Children are elements or texts; a text is only ever set as text.
 * @param {string} name
 * @param {Record<string, any>} given
 * @param {any[]} children
 * @returns {any} an element of that name
 */
function el(name, given = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
}

/** @param {string} name */
function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * A real button. `key` is the single key that does the same; `pressed` makes it one that stays in.
 * @param {{ label?: any, icon?: string, key?: string | null, pressed?: boolean, say?: string | null, kind?: string,
 *   act: (event: Event) => unknown, [attribute: string]: any }} given
 */
function button({ label, icon: shape, key, pressed, say, kind = "", act, ...rest }) {
  const keys = key ? el("kbd", { "aria-hidden": "true" }, key) : null;
  const shown = shape ? icon(shape) : null;
  const name = say || (shape && !label ? shape : null);
  return el(
    "button",
    {
      type: "button",
      class: `b ${kind}`.trim(),
      "aria-pressed": pressed === undefined ? null : String(pressed),
      "aria-label": name,
      "aria-keyshortcuts": key && /^[\x20-\x7e]$/.test(key) && key !== " " ? key : null,
      title: name ? (key ? `${name} (${key})` : name) : key ? `${label} (${key})` : null,
      onclick: act,
      ...rest,
    },
    shown,
    label ? el("span", {}, label) : null,
    keys,
  );
}

function press(node, on) {
  if (node.getAttribute("aria-pressed") !== String(on)) node.setAttribute("aria-pressed", String(on));
}

/** A labelled choice; `options` are [value, words] pairs. */
function choice(label, options, value, act) {
  const select = el("select", { onchange: (event) => act(event.target.value) });
  for (const [known, words] of options) {
    select.append(el("option", { value: known, ...(known === value ? { selected: true } : {}) }, words));
  }
  return el("label", { class: "field" }, el("span", {}, label), select);
}

/** Controls that a narrow screen has behind one line, and a wide one always. */
function foldedOnPhones(words, ...children) {
  const fold = el("details", { class: "fold" }, el("summary", {}, words), children);
  const follow = () => (fold.open = !NARROW.matches);
  NARROW.addEventListener("change", follow);
  follow();
  return fold;
}

/** Says what happened, to the eye and to a screen reader. */
function say(text) {
  $("said").textContent = text;
}

/** @param {number} seconds */
function timecode(seconds) {
  const whole = Math.max(0, seconds);
  const minutes = Math.floor(whole / 60);
  return `${minutes}:${(whole - minutes * 60).toFixed(2).padStart(5, "0")}`;
}

/** @param {number | null | undefined} bytes */
function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {number | null} usd */
function dollars(usd) {
  return usd === null ? "–" : `$${usd.toFixed(2)}`;
}

/** @type {(count: number, one: string, many?: string) => string} */
function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * A number from text that is the same everywhere: what is shuffled is shuffled by this.
 * @param {string} text
 */
function hash(text) {
  let h = 0x811c9dc5;
  for (const c of new TextEncoder().encode(text)) h = Math.imul(h ^ c, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
