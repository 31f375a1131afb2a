// The review page as people meet it, on a phone and on a desk: all that one browser can look at in one start.

import { createRequire } from "node:module";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const asked = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(join(asked.modules, "x.js"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(join(asked.modules, "node_modules/axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"];
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };

const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "looks-")), {
  executablePath: asked.chromium, args: FLAGS, viewport: DESK, acceptDownloads: true,
});
const page = context.pages()[0];
const faults = [];
page.on("pageerror", (error) => faults.push(String(error.stack)));

const open = async (name, { hash = "", size = DESK, theme = "dark", calm = false } = {}) => {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: theme, reducedMotion: calm ? "reduce" : "no-preference" });
  await page.goto("about:blank");
  await page.goto(asked.pages[name] + hash);
  await page.waitForSelector("body[data-ready]");
};
const view = (name) => page.click(`#views [data-view="${name}"]`);
const watched = () => page.waitForSelector('.ballot[data-ready="true"]');
const keys = async (...all) => {
  for (const key of all) await page.keyboard.press(key);
};
const kept = () => page.textContent("#kept");

/** What a finger can hit and is smaller than 44 by 44 pixels; what is inside a label is as large as the label. */
const small = () =>
  page.evaluate(() => {
    const found = [];
    const all = "button, select, input, textarea, a[href], summary";
    for (const node of document.querySelectorAll(all)) {
      if (!node.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true })) continue;
      if (node.matches(".skip")) continue; // on the screen for keyboards alone
      const box = (node.closest("label.check") ?? node).getBoundingClientRect();
      if (box.width < 43.5 || box.height < 43.5) {
        found.push(`${node.getAttribute("aria-label") || node.textContent || node.tagName} ${box.width}x${box.height}`);
      }
    }
    return found;
  });
const axe = async () => {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const result = await page.evaluate((runOnly) => axe.run(document, { runOnly }), tags);
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`);
};

const looks = {
  /** Every view on a phone and on a desk: what a finger misses, what axe finds, what does not fit. */
  async views() {
    const found = {};
    for (const [size, theme] of asked.sizes ?? [[PHONE, "light"], [DESK, "dark"]]) {
      await open("portrait", { size, theme });
      for (const name of ["grid", "compare", "four", "blind", "table"]) {
        if (name === "four") await page.click('[data-mode="four"]');
        else await view(name);
        if (size === PHONE) for (const fold of await page.locator("main details:not([open]) > summary:visible").all()) await fold.click();
        await page.waitForTimeout(150);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        found[`${name} ${size.width}`] = { wide, axe: await axe(), small: size === PHONE ? await small() : [] };
      }
      for (const [name, act] of [["help", () => page.click('[aria-label="Help and keys"]')], ["note", async () => {
        await view("compare");
        await page.locator(".card button:has-text('Note')").first().click();
      }]]) {
        await act();
        found[`${name} ${size.width}`] = { wide: 0, axe: await axe(), small: size === PHONE ? await small() : [] };
        await page.keyboard.press("Escape");
      }
    }
    return found;
  },

  /** Tiles of a board with two shapes: their areas, and whether anything of a take's number is cut. */
  async tiles() {
    const found = {};
    for (const size of [DESK, PHONE]) {
      await open("portrait", { size });
      found[size.width] = await page.evaluate(() => {
        const areas = { tall: [], flat: [] };
        for (const face of document.querySelectorAll(".face")) {
          const { width, height } = face.getBoundingClientRect();
          areas[width < height ? "tall" : "flat"].push(Math.round(width * height));
        }
        const cut = [...document.querySelectorAll(".take-number")].filter((n) => n.scrollWidth > n.clientWidth + 1).length;
        const numbers = [...document.querySelectorAll(".take-number")].map((n) => n.textContent);
        return { areas, cut, numbers, words: document.querySelector(".foot-labels")?.textContent };
      });
    }
    return found;
  },

  async measures() {
    await open("portrait", { hash: "#sort=-black" });
    const order = await page.locator(".tile .value").allTextContents();
    const flags = await page.locator(".tile .misses").allTextContents();
    await page.selectOption('label:has-text("expectations") select', "unmet");
    const unmet = await page.locator(".tile").count();
    await page.selectOption('label:has-text("measure") select', "black");
    await page.fill("input.bound", "1");
    await page.press("input.bound", "Tab");
    const bound = await page.locator(".tile").count();
    await view("table");
    return { order, flags, unmet, bound, heads: await page.locator("#table thead button").allTextContents() };
  },

  /** A page that was sent without its videos: what it says, and what becomes of votes. */
  async alone() {
    await open("alone");
    await page.waitForSelector("#trouble:not([hidden])");
    const said = await page.textContent("#trouble");
    await view("blind");
    await keys("a", "b", "t");
    await page.waitForTimeout(300);
    await keys("a", "x");
    return { said, kept: await kept(), blind: await page.innerText("#blind") };
  },

  /** Without motion nothing plays by itself; a vote waits until both takes were looked at. */
  async waits() {
    await open("portrait", { calm: true, hash: "#view=blind" });
    await page.waitForFunction(() => [...document.querySelectorAll(".pane video")].every((v) => v.readyState >= 2));
    const paused = await page.evaluate(() => [...document.querySelectorAll(".pane video")].every((v) => v.paused));
    await keys("a");
    const first = { kept: await kept(), said: await page.textContent("#said") };
    for (let at = 0; at < 3; at += 1) {
      await keys(".");
      await page.waitForFunction(() => [...document.querySelectorAll(".pane video")].every((v) => !v.seeking));
    }
    await watched();
    await keys("a");
    return { paused, first, kept: await kept() };
  },

  async four() {
    await open("portrait", { hash: "#view=compare&mode=four" });
    const videos = () => page.evaluate(() => [...document.querySelectorAll(".pane:not([hidden]) video")].map((v) => v.currentTime));
    await page.waitForFunction(() => [...document.querySelectorAll(".pane:not([hidden]) video")].every((v) => v.readyState >= 3));
    await keys("k");
    await page.waitForFunction(() => [...document.querySelectorAll(".pane:not([hidden]) video")].every((v) => v.currentTime > 0.4));
    await keys("k");
    await page.waitForFunction(() => [...document.querySelectorAll(".pane:not([hidden]) video")].every((v) => !v.seeking));
    const times = await videos();
    const heard = [];
    for (let at = 0; at < 5; at += 1) {
      await keys("m");
      heard.push(await page.evaluate(() => [...document.querySelectorAll(".pane video")].filter((v) => !v.muted).length));
    }
    const places = await page.evaluate(() => [...document.querySelectorAll(".pane:not([hidden])")].length);
    await keys("v");
    return { times, heard, places, after: (await videos()).length, cards: await page.locator(".card").count() };
  },

  /** What is on the screen is there again after a reload; what somebody else wrote into an address does nothing. */
  async address() {
    await open("portrait");
    await page.selectOption('label:has-text("Rows") select', "hook");
    await page.selectOption('label:has-text("state") select', "saved");
    await page.locator(".tile .face").nth(2).click();
    await page.click('[data-mode="wipe"]');
    const shown = () => page.evaluate(() => [document.querySelector(".stage").getAttribute("aria-label"), document.querySelector(".stage").dataset.mode]);
    const before = await shown();
    const hash = await page.evaluate(() => location.hash);
    await page.reload();
    await page.waitForSelector("body[data-ready]");
    const after = await shown();
    await view("grid");
    const rows = await page.textContent(".matrix tbody th");
    const odd = [];
    for (const bad of asked.hostile) {
      await open("portrait", { hash: bad });
      odd.push(await page.evaluate(() => [document.body.dataset.view, document.querySelectorAll(".tile").length, "pwned" in window, {}.x]));
    }
    return { before, after, hash, rows, odd };
  },

  /** Of many takes: the pictures that are unpacked when the page opens, and how often scrolling lays something out. */
  async many() {
    const client = await context.newCDPSession(page);
    const unpacked = [];
    client.on("Tracing.dataCollected", ({ value }) => unpacked.push(...value.filter((e) => e.name === "Decode Image")));
    const ended = new Promise((done) => client.once("Tracing.tracingComplete", done));
    await client.send("Tracing.start", { traceConfig: { includedCategories: ["disabled-by-default-devtools.timeline"] }, transferMode: "ReportEvents" });
    await open("many");
    await page.waitForTimeout(500);
    await client.send("Tracing.end");
    await ended;
    await client.send("Performance.enable");
    const laidOut = async () =>
      (await client.send("Performance.getMetrics")).metrics.find((m) => m.name === "LayoutCount").value;
    const before = await laidOut();
    const frames = 60;
    await page.evaluate(async (count) => {
      for (let at = 0; at < count; at += 1) {
        document.querySelector(".matrix-box").scrollTop += 60;
        await new Promise(requestAnimationFrame);
      }
    }, frames);
    const layouts = (await laidOut()) - before;
    const [tiles, images] = await Promise.all([page.locator(".tile").count(), page.locator(".tile img").count()]);
    return { tiles, images, unpacked: unpacked.length, frames, layouts };
  },

  /** A guest on a phone votes to the end, is thanked, and saves. */
  async guest() {
    await open("guest", { size: PHONE, theme: "light" });
    const words = await page.innerText("body");
    const views = await page.locator("#views button:visible").count();
    await page.fill("#reviewer", "Gus");
    await page.press("#reviewer", "Tab");
    for (let at = 0; at < 40 && !(await page.locator(".ending").count()); at += 1) {
      await watched();
      await keys(at % 3 ? "a" : "]");
    }
    const end = await page.innerText(".ending");
    const box = await page.locator(".ending .large").boundingBox();
    const [file] = await Promise.all([page.waitForEvent("download"), page.click(".ending .large")]);
    return { words, views, end, height: box.height, axe: await axe(), small: await small(), file: readFileSync(await file.path(), "utf8"),
      name: file.suggestedFilename() };
  },
};

try {
  const found = {};
  for (const name of asked.looks ?? Object.keys(looks)) found[name] = await looks[name]();
  console.log(JSON.stringify({ ...found, faults }));
} finally {
  await context.close();
}
