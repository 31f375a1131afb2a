// The preview as people meet it: on a phone, on a desk, light and dark, and on paper, in one start of a browser.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const asked = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(join(asked.modules, "x.js"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(join(asked.modules, "node_modules/axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const browser = await chromium.launch({
  executablePath: asked.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const outside = [];
const looks = {};
let found = {};
try {
  for (const [size, width, height, theme] of [["desk", 1440, 900, "light"], ["phone", 390, 844, "dark"]]) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme });
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) outside.push(request.url());
    });
    await page.goto(asked.page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await page.evaluate(AXE);
    const { violations } = await page.evaluate((runOnly) => axe.run(document, { runOnly }), TAGS);
    const pictures = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll("svg.thumb")].map((svg) => svg.getBBox());
      return boxes.filter((box) => box.width > 0 && box.height > 0).length;
    });
    looks[`${size} ${theme}`] = { wide, axe: violations.map((v) => `${v.id}: ${v.nodes[0].target}`), pictures };
    found = await page.evaluate(() => ({
      title: document.title,
      pwned: "pwned" in window,
      prompts: [...document.querySelectorAll(".prompt")].map((p) => p.textContent),
      directions: [...document.querySelectorAll(".prompt")].map((p) => getComputedStyle(p).direction),
      marks: [...document.querySelectorAll("mark")].map((mark) => mark.textContent),
    }));
    if (size === "phone" && theme === "dark") {
      await page.emulateMedia({ media: "print" });
      found.paper = await page.evaluate(() => {
        const style = (name) => getComputedStyle(document.querySelector(name));
        return { row: style(".row").breakInside, jumps: style(".shots").display, scheme: style(":root").colorScheme };
      });
      const pdf = await page.pdf({ format: "A4" });
      found.pages = pdf.toString("latin1").match(/\/Type \/Page\b/g).length;
    }
    await page.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify({ ...found, looks, outside }));
