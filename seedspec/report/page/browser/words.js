// How two prompts differ, word by word.

/** @typedef {["same" | "old" | "new", string]} Run */

const MOST_WORDS = 1200;

/**
 * Words with the space behind them, so that a change of one is a change of one run.
 * @param {string} text
 * @returns {string[]}
 */
function tokens(text) {
  return text.match(/[\p{L}\p{N}'’_-]+\s*|[^\s\p{L}\p{N}]\s*|\s+/gu) || [];
}

/** @type {(x: string, y: string) => boolean} */
function alike(x, y) {
  return x === y || x.trim() === y.trim();
}

/**
 * The runs of two texts, in order.
 * @param {string} before
 * @param {string} after
 * @returns {Run[]}
 */
function differences(before, after) {
  const a = tokens(before).slice(0, MOST_WORDS);
  const b = tokens(after).slice(0, MOST_WORDS);
  let start = 0;
  while (start < a.length && start < b.length && alike(a[start], b[start])) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && alike(a[a.length - 1 - end], b[b.length - 1 - end]))
    end += 1;
  const x = a.slice(start, a.length - end);
  const y = b.slice(start, b.length - end);
  const width = y.length + 1;
  const common = new Uint16Array((x.length + 1) * width);
  for (let i = x.length - 1; i >= 0; i -= 1) {
    for (let j = y.length - 1; j >= 0; j -= 1) {
      const here = i * width + j;
      common[here] = alike(x[i], y[j])
        ? common[here + width + 1] + 1
        : Math.max(common[here + width], common[here + 1]);
    }
  }
  /** @type {Run[]} */
  const runs = [];
  /** @type {(kind: Run[0], text: string) => void} */
  const add = (kind, text) => {
    if (!text) return;
    if (runs.length && runs[runs.length - 1][0] === kind) runs[runs.length - 1][1] += text;
    else runs.push([kind, text]);
  };
  add("same", a.slice(0, start).join(""));
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && alike(x[i], y[j])) {
      add("same", x[i]);
      i += 1;
      j += 1;
    } else if (j >= y.length || (i < x.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      add("old", x[i]);
      i += 1;
    } else {
      add("new", y[j]);
      j += 1;
    }
  }
  add("same", a.slice(a.length - end).join(""));
  return gathered(runs);
}

/**
 * Runs as people read them: a word or two that happen to be the same amid changes belong to the change.
 * @param {Run[]} runs
 */
function gathered(runs) {
  /** @type {Run[]} */
  const out = [];
  let old = "";
  let fresh = "";
  const flush = () => {
    if (old) out.push(["old", old]);
    if (fresh) out.push(["new", fresh]);
    old = "";
    fresh = "";
  };
  runs.forEach(([kind, text], at) => {
    const amid = at > 0 && at < runs.length - 1;
    if (kind === "old") old += text;
    else if (kind === "new") fresh += text;
    else if (amid && (text.match(/[\p{L}\p{N}]+/gu) || []).length < 3) {
      old += text;
      fresh += text;
    } else {
      flush();
      out.push([kind, text]);
    }
  });
  flush();
  return out;
}

/**
 * One prompt with what the other one lacks marked.
 * @param {string} own
 * @param {string} other
 */
function marked(own, other) {
  const paragraph = el("p", { class: "prompt" });
  for (const [kind, text] of differences(other, own)) {
    if (kind === "same") paragraph.append(text);
    else if (kind === "new") paragraph.append(text.trim() ? el("mark", {}, text) : text);
  }
  return paragraph;
}

/**
 * Only the places where two prompts differ, with a few words around each.
 * @param {string} before
 * @param {string} after
 */
function changes(before, after) {
  const out = el("span", { class: "diff" });
  const runs = differences(before, after);
  const same = runs.filter(([kind]) => kind === "same").reduce((sum, [, text]) => sum + text.length, 0);
  if (same < Math.max(before.length, after.length) / 2) return el("span", {}, after); // another prompt altogether
  if (runs.every(([kind]) => kind === "same")) return el("span", { class: "soft" }, "the same prompt");
  runs.forEach(([kind, text], at) => {
    if (kind === "old") out.append(el("del", {}, text.trim()), " ");
    else if (kind === "new") out.append(el("ins", {}, text));
    else out.append(shortened(text, at > 0, at < runs.length - 1));
  });
  return out;
}

/** @type {(text: string, after: boolean, before: boolean) => string} */
function shortened(text, after, before) {
  const words = text.split(/(?<=\s)/);
  const head = after ? words.slice(0, 3).join("") : "";
  const tail = before ? words.slice(-3).join("") : "";
  if (words.length <= (after ? 3 : 0) + (before ? 3 : 0)) return text;
  return `${head.trimEnd()}${head ? " " : ""}…${tail ? " " : ""}${tail}`;
}
