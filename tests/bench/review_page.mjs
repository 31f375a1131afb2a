// One page in a headless browser: reads its address as JSON, prints how it bears to be opened and scrolled.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const asked = JSON.parse(readFileSync(0, "utf8"));
const { chromium } = createRequire(join(asked.modules, "x.js"))("playwright-core");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
const browser = await chromium.launch({ executablePath: asked.chromium, args: FLAGS });
const machine = await browser.newBrowserCDPSession();
/** CPU of all processes of the browser, in ms; of a busy machine it says more than the time between two frames. */
const used = async () => {
  const { processInfo } = await machine.send("SystemInfo.getProcessInfo");
  return processInfo.reduce((sum, { cpuTime }) => sum + 1000 * cpuTime, 0);
};
/** What the page's process holds, in MB: on Linux alone. */
const held = async () => {
  const { processInfo } = await machine.send("SystemInfo.getProcessInfo");
  const each = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))?.[1]) / 1000;
  });
  return Math.max(...each);
};
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  // the first frame in which a poster is decoded and on the screen, counted from the navigation
  await page.addInitScript(() => {
    const look = () => {
      const image = document.querySelector(".face img");
      if (image?.complete && image.naturalWidth) requestAnimationFrame((now) => (window.firstPicture = now));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  // what this machine can do at this moment: the frames of a page on which nothing happens
  const empty = await page.evaluate(
    () =>
      new Promise((done) => {
        const gaps = [];
        let last = performance.now();
        const look = (now) => {
          gaps.push(now - last);
          last = now;
          if (gaps.length < 120) requestAnimationFrame(look);
          else done((gaps.sort((a, b) => a - b), { p50: gaps[60], p95: gaps[113] }));
        };
        requestAnimationFrame(look);
      }),
  );
  await page.goto(asked.page);
  await page.waitForFunction(() => window.firstPicture > 0);
  const client = await context.newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, 1000 * value]));
  };
  const opened = await held();
  const before = await spent();
  const usedBefore = await used();
  const found = await page.evaluate(
    () =>
      new Promise((done) => {
        const box = document.querySelector(".matrix-box");
        const gaps = [];
        let last = performance.now();
        const look = (now) => {
          gaps.push(now - last);
          last = now;
          box.scrollTop += 40;
          const end = box.scrollTop + box.clientHeight >= box.scrollHeight - 2;
          if (!end && gaps.length < 600) {
            requestAnimationFrame(look);
            return;
          }
          gaps.sort((a, b) => a - b);
          const at = (part) => gaps[Math.floor(part * (gaps.length - 1))];
          const seen = [...document.querySelectorAll(".face img")].filter((i) => i.complete && i.naturalWidth).length;
          done({ first: window.firstPicture, p50: at(0.5), p95: at(0.95), most: at(1), frames: gaps.length, seen });
        };
        requestAnimationFrame(look);
      }),
  );
  const cpu = ((await used()) - usedBefore) / found.frames;
  const after = await spent();
  const of = (name) => (after[name] - before[name]) / found.frames;
  const busy = { cpu, task: of("TaskDuration"), layout: of("LayoutDuration"), style: of("RecalcStyleDuration"), script: of("ScriptDuration") };
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  console.log(JSON.stringify({ ...found, empty, busy, heap: usedSize / 1e6, opened, scrolled: await held() }));
} finally {
  await browser.close();
}
