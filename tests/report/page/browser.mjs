// One step with the review page in a real browser: reads what is wanted as JSON, prints what was found as JSON.

import { createRequire } from "node:module";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const asked = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(join(asked.modules, "x.js"));
const { chromium } = require("playwright-core");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];
const VIEWS = ["grid", "compare", "blind", "table"];

const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "review-")), {
  executablePath: asked.chromium,
  args: FLAGS,
  viewport: { width: asked.width ?? 1280, height: 800 },
  colorScheme: asked.theme ?? "dark",
  acceptDownloads: true,
  reducedMotion: asked.calm ? "reduce" : "no-preference",
});
const page = context.pages()[0];
const faults = [];
const requests = [];
page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
page.on("pageerror", (error) => faults.push(String(error.stack)));
page.on("request", (request) => requests.push(request.url()));

const view = (name) => page.click(`#views [data-view="${name}"]`);
const said = () => page.textContent("#said");
const frameShown = () => page.textContent(".clock .soft");
const videos = () => page.evaluate(() => [...document.querySelectorAll("video[src]")].map((v) => v.currentTime));
const still = () =>
  page.waitForFunction(
    () =>
      [...document.querySelectorAll(".pane video")].length === 2 &&
      [...document.querySelectorAll(".pane video")].every((v) => v.readyState >= 2 && !v.seeking && v.paused),
  );
const running = () =>
  page.waitForFunction(() => [...document.querySelectorAll(".pane video")].every((v) => v.currentTime > 0.4));
/** Both takes have been on the screen long enough for a vote. */
const watched = () => page.waitForSelector('.ballot[data-ready="true"]');
const name = async (who) => {
  await page.fill("#reviewer", who);
  await page.press("#reviewer", "Tab");
};
const download = async (act) => {
  const [file] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
};
/** Mean, least and most brightness of a part of the screen, by a picture of it. */
const brightness = async (clip) => {
  const picture = (await page.screenshot({ clip })).toString("base64");
  const other = await context.newPage();
  const found = await other.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    const { data: pixels } = pen.getImageData(0, 0, image.width, image.height);
    let [sum, low, high] = [0, 255, 0];
    for (let at = 0; at < pixels.length; at += 4) {
      const shade = (pixels[at] + pixels[at + 1] + pixels[at + 2]) / 3;
      sum += shade;
      low = Math.min(low, shade);
      high = Math.max(high, shade);
    }
    return { mean: sum / (pixels.length / 4), low, high };
  }, picture);
  await other.close();
  return found;
};
/** The row of squares that carry a frame's number, as a rectangle on the screen; inset, so that edges do not count. */
const squares = async () => {
  const box = await page.locator(".screen").boundingBox();
  return { x: box.x + 4, y: box.y + box.height * 0.4, width: box.width - 8, height: box.height * 0.2 };
};

const steps = {
  async opens() {
    const found = { title: await page.title(), takes: await page.locator(".tile").count() };
    found.blank = await page.locator(".blank .state").allTextContents();
    found.bold = await page.locator("#table b, .prompt b").count();
    await view("table");
    found.rows = await page.locator("#table tbody tr").count();
    found.prompt = await page.locator("#table tbody .words").first().textContent();
    found.policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', "content");
    found.injected = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      document.body.append(script);
      return window.injected === true;
    });
    return found;
  },

  async drift() {
    await view("compare");
    await still();
    await page.keyboard.press("k");
    await running();
    const drifts = await page.evaluate(
      () =>
        new Promise((done) => {
          const [a, b] = document.querySelectorAll(".pane video");
          const found = [];
          const look = () => {
            if (!a.seeking && !b.seeking) found.push(Math.abs(a.currentTime - b.currentTime) * 1000);
            if (found.length < 120) a.requestVideoFrameCallback(look);
            else done(found);
          };
          a.requestVideoFrameCallback(look);
        }),
    );
    await page.keyboard.press("k");
    drifts.sort((x, y) => x - y);
    return { median: drifts[60], p95: drifts[114], most: drifts[119] };
  },

  async difference() {
    await view("compare");
    await still();
    await page.keyboard.press("d");
    const found = [];
    for (const key of ["End", ",", ",", "Home", ".", ".", "."]) {
      await page.keyboard.press(key);
      await still();
      await page.waitForTimeout(60);
      const clip = await squares();
      const frame = await frameShown();
      found.push({ frame, ...(await brightness(clip)) });
    }
    // the same view with one take moved by one frame: the squares of a number do not cancel
    await page.evaluate(() => {
      document.querySelector(".pane-b video").currentTime += 1 / 24;
    });
    await still();
    await page.waitForTimeout(60);
    return { found, moved: await brightness(await squares()) };
  },

  async wipe() {
    await view("compare");
    await still();
    await page.keyboard.press("w");
    const box = await page.locator(".screen").boundingBox();
    const half = async (part) =>
      (await brightness({ x: box.x + box.width * part, y: box.y + 40, width: 40, height: 30 })).mean;
    const before = [await half(0.2), await half(0.7)];
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 60, { steps: 4 });
    await page.mouse.up();
    const after = [await half(0.2), await half(0.7)];
    await page.locator('input[aria-label="Wipe"]').focus();
    await page.keyboard.press("Home");
    const slid = [await half(0.2), await half(0.7)];
    return { before, after, slid };
  },

  async flip() {
    await view("compare");
    await still();
    const box = async () => {
      const b = await page.locator(".screen").boundingBox();
      return (await brightness({ x: b.x + b.width * 0.4, y: b.y + 40, width: 40, height: 30 })).mean;
    };
    const found = [];
    for (let at = 0; at < 3; at += 1) {
      await page.keyboard.press("`");
      await page.waitForTimeout(220);
      found.push(await box());
    }
    await page.keyboard.press("`");
    await page.keyboard.press("`"); // too soon: left out
    const side = await page.getAttribute(".stage", "data-side");
    return { found, side };
  },

  async transport() {
    await view("compare");
    await still();
    const frames = [await frameShown()];
    for (const key of [".", ".", ",", "End", "Home", "ArrowRight"]) {
      await page.keyboard.press(key);
      await still();
      frames.push(await frameShown());
    }
    const times = await videos();
    const sounds = [];
    const muted = () => page.evaluate(() => [...document.querySelectorAll(".pane video")].map((v) => v.muted));
    for (let at = 0; at < 3; at += 1) {
      await page.keyboard.press("m");
      sounds.push(await muted());
    }
    await page.keyboard.press("l");
    await running();
    await page.keyboard.press("l");
    const rate = await page.textContent(".rate");
    for (let at = 0; at < 5; at += 1) await page.keyboard.press("j");
    const back = await page.textContent(".rate");
    const from = Number((await frameShown()).split(" ")[0]);
    await page.waitForFunction(
      (n) => Number(document.querySelector(".clock .soft").textContent.split(" ")[0]) !== n,
      from,
    );
    await page.keyboard.press("k");
    return { frames, times, sounds, rate, back };
  },

  async votes() {
    await view("blind");
    await name(asked.reviewer ?? "Mia");
    const shown = await page.locator(".blind, #blind").first().innerText();
    for (const key of asked.keys) {
      if (key !== "u" && key !== "]") await watched();
      await page.keyboard.press(key);
    }
    const progress = await page.textContent("#blind .progress .soft");
    const kept = await page.textContent("#kept");
    const file = await download(() => page.keyboard.press("s"));
    return { shown, progress, kept, file, said: await said(), live: (await videos()).length };
  },

  async marks() {
    await name("Jo Ann");
    await page.locator('.tile[data-take="0"] .face').focus();
    await page.keyboard.press("p");
    await page.keyboard.press("ArrowDown"); // another hook: a variant of its own
    await page.keyboard.press("p");
    const kept = [await page.textContent("#kept")];
    await page.keyboard.press("u");
    kept.push(await page.textContent("#kept"));
    await page.locator('.tile[data-take="0"] .face').press("Enter");
    await still();
    await page.keyboard.press(".");
    await page.keyboard.press("n");
    await page.keyboard.type('a "quoted" note: #1 \u2028 \u0085 茶 p u s');
    await page.keyboard.press("Control+Enter");
    kept.push(await page.textContent("#kept"));
    const file = await download(() => page.keyboard.press("s"));
    await page.reload();
    kept.push(await page.textContent("#kept"));
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.click('button[aria-label="Copy the review"]');
    await page.waitForFunction(() => document.getElementById("said").textContent.startsWith("Copied"));
    return { kept, file, copied: await page.evaluate(() => navigator.clipboard.readText()) };
  },

  /** A film to its end, one with a gap, two at once; then a vote between films, which is saved. */
  async films() {
    const onTime = () => page.textContent(".clock .time");
    const shownNow = () =>
      page.evaluate(() => ({
        on: [...document.querySelectorAll(".strip")].map((s) => s.querySelector("[aria-current] b").textContent),
        clips: [...document.querySelectorAll(".reel video.on")].map((v) => decodeURIComponent(v.src.split("/").at(-1))),
        ahead: [...document.querySelectorAll(".reel video:not(.on)")].map((v) => v.readyState),
        cards: [...document.querySelectorAll(".gap-card:not([hidden])")].map((c) => c.innerText),
      }));
    const current = (shot) =>
      page.waitForFunction((s) => document.querySelector(".strip [aria-current] b").textContent === s, shot);
    await view("films");
    const found = { strip: await page.locator(".strip").innerText() };
    await page.waitForFunction(() => [...document.querySelectorAll(".reel video")].every((v) => v.readyState >= 3));
    found.first = await shownNow();
    await page.keyboard.press("r"); // no loop: it stops at its end
    await page.keyboard.press("k");
    for (let at = 0; at < 3; at += 1) await page.keyboard.press("l");
    await current("close");
    found.second = await shownNow();
    await page.waitForSelector('.transport .play[data-running="false"]');
    found.end = await onTime();
    await page.selectOption("#films .field:nth-child(1) select", { label: "noon · reveal" });
    await page.click(".shot-of-film >> nth=1");
    await current("close");
    found.gap = await shownNow();
    await page.click(".shot-of-film >> nth=0");
    await page.keyboard.press("k");
    await current("close");
    await page.waitForSelector('.transport .play[data-running="false"]');
    found.gapEnd = await onTime();
    await page.selectOption("#films .field:nth-child(2) select", { label: "dawn · question" });
    await page.keyboard.press("Home");
    await page.keyboard.press("k");
    await page.waitForFunction(() => [...document.querySelectorAll(".reel video.on")].every((v) => v.currentTime > 0.4));
    found.both = await shownNow();
    found.address = await page.evaluate(() => location.hash);
    await view("blind");
    await page.selectOption("#blind .field:nth-child(1) select", "films");
    await page.waitForSelector('.ballot[data-ready="false"]');
    await page.keyboard.press("a"); // not yet: the second shots have not been seen
    found.early = await said();
    await name("Mia");
    await watched();
    found.live = await page.evaluate(() => document.querySelectorAll("video[src]").length);
    found.shown = await page.locator("#blind").innerText();
    await page.keyboard.press("a");
    found.kept = await page.textContent("#kept");
    found.file = await download(() => page.keyboard.press("s"));
    await page.reload();
    await page.waitForSelector("body[data-ready]");
    found.again = await download(() => page.keyboard.press("s"));
    return found;
  },

  /** From the top of the page to a vote and a saved file, without a mouse and without a single key of the page's own. */
  async keyboard() {
    await page.keyboard.press("?");
    await page.waitForSelector("#help[open]");
    await page.locator("#help input").focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Escape");
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("3");
    const off = await page.evaluate(() => document.body.dataset.view);
    const focused = () =>
      page.evaluate(() => {
        const node = document.activeElement;
        return {
          words: (node.getAttribute("aria-label") || node.textContent || "").trim(),
          id: node.id,
          outline: getComputedStyle(node).outlineStyle,
        };
      });
    const seen = [];
    const tabTo = async (words) => {
      for (let at = 0; at < 80; at += 1) {
        await page.keyboard.press("Tab");
        const here = await focused();
        seen.push(here);
        if (here.words.startsWith(words) || here.id === words) return;
      }
      throw new Error(`no ${words} by Tab: ${JSON.stringify(seen.map((s) => s.words))}`);
    };
    await tabTo("Blind");
    await page.keyboard.press("Enter");
    await tabTo("reviewer");
    await page.keyboard.type("kay 123");
    await tabTo("Pause"); // pairs play by themselves
    await page.keyboard.press("Space");
    await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Play");
    await page.keyboard.press("Space");
    await watched();
    await tabTo("A is better");
    await page.keyboard.press("Enter");
    const kept = await page.textContent("#kept");
    await page.keyboard.press("Control+Home");
    await page.locator("h1").click(); // the caret goes back to the top; Tab starts there
    await tabTo("Save");
    while (!(await focused()).words.startsWith("SaveS")) await tabTo("Save");
    const file = await download(() => page.keyboard.press("Enter"));
    return { off, kept, file, bare: seen.filter((s) => s.outline === "none" && s.words !== "").map((s) => s.words) };
  },

  async players() {
    const counts = [];
    const count = async () => counts.push((await videos()).length);
    for (const tile of await page.locator(".tile .face").all()) {
      await tile.hover({ force: true, timeout: 2000 }).catch(() => {});
      if (counts.length < 12) await count();
    }
    for (const name of ["compare", "blind", "grid"]) {
      await view(name);
      await page.waitForTimeout(200);
      await count();
    }
    await view("compare");
    for (let at = 0; at < 6; at += 1) {
      await page.keyboard.press("]");
      await count();
    }
    return { counts, players: await page.evaluate(() => document.querySelectorAll("video").length) };
  },

  async axe() {
    await page.addScriptTag({ path: join(asked.modules, "node_modules/axe-core/axe.min.js") }).catch(() => {});
    if (!(await page.evaluate(() => "axe" in window))) {
      await page.evaluate(readFileSync(join(asked.modules, "node_modules/axe-core/axe.min.js"), "utf8"));
    }
    const found = {};
    for (const name of asked.views ?? VIEWS) {
      await view(name);
      if (name === "compare") await page.locator(".card [data-pick]").first().click();
      await page.waitForTimeout(150);
      for (const open of name === "grid" ? [false, true] : [false]) {
        if (open) await page.click('button[aria-label="Help and keys"]');
        const result = await page.evaluate(() =>
          axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
        );
        found[`${name}${open ? " help" : ""}`] = {
          violations: result.violations.map(
            (v) =>
              `${v.id}: ${v.nodes
                .map((n) => n.target.join(" "))
                .slice(0, 3)
                .join(" | ")}`,
          ),
          passes: result.passes.length,
        };
        if (open) await page.keyboard.press("Escape");
      }
    }
    return found;
  },

  async weighs() {
    const timing = await page.evaluate(() => performance.getEntriesByType("navigation")[0].toJSON());
    const client = await context.newCDPSession(page);
    await client.send("HeapProfiler.collectGarbage");
    const { usedSize } = await client.send("Runtime.getHeapUsage");
    const scroll = await page.evaluate(
      () =>
        new Promise((done) => {
          const box = document.querySelector(".matrix-box");
          const gaps = [];
          let last = performance.now();
          const look = (now) => {
            gaps.push(now - last);
            last = now;
            box.scrollTop += 60;
            if (gaps.length < 90) requestAnimationFrame(look);
            else done(gaps.sort((a, b) => a - b));
          };
          requestAnimationFrame(look);
        }),
    );
    await view("compare");
    const began = Date.now();
    await page.keyboard.press("k");
    await page.waitForFunction(() => [...document.querySelectorAll(".pane video")].every((v) => v.currentTime > 0.05));
    return { load: timing.loadEventEnd, heap: usedSize, play: Date.now() - began, frame: scroll[45], slow: scroll[85] };
  },

  async pictures() {
    for (const name of VIEWS) {
      await view(name);
      if (name === "compare") await still();
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(asked.folder, `${name}-${asked.width}-${asked.theme}.png`) });
    }
    return {};
  },
};

try {
  await page.goto(asked.page);
  await page.waitForSelector("body[data-ready]");
  const found = await steps[asked.step]();
  const outside = requests.filter((url) => !/^(file|data|blob):/.test(url));
  console.log(JSON.stringify({ ...found, faults, outside }));
} finally {
  await context.close();
}
