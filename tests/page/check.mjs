// Looks at index.html as readers do: `node check.mjs PAGE OUT`, called by `make check-page`.
//
// At three widths, light and dark, in headless Chromium without a network: nothing is loaded, no
// script fails, nothing is wider than the window, no word is broken, axe-core finds nothing serious,
// and every value opens by pointer, touch and keyboard. Leaves screenshots and summary.md in OUT.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(resolve(process.env.NODE_FOLDER ?? ".", "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [page_file, out] = process.argv.slice(2);
const address = pathToFileURL(resolve(page_file)).href;
const WIDTHS = [390, 768, 1280];
const SERIOUS = ["serious", "critical"];
const faults = [];
const lines = [];
mkdirSync(out, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function opened(width, scheme, touch = false) {
  const context = await browser.newContext({
    viewport: { width, height: 844 }, colorScheme: scheme, offline: true, hasTouch: touch,
  });
  const page = await context.newPage();
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) faults.push(`asks for ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  await page.goto(address);
  return page;
}

// Whatever is wider than the window and not inside something that scrolls.
const tooWide = () => {
  const limit = document.documentElement.clientWidth;
  return [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > limit + 1)
    .filter((one) => !one.closest(".scroll") || one.matches(".scroll"))
    .map((one) => `${one.tagName}.${one.className} ${one.getBoundingClientRect().right}`);
};

// Words of headings, cells and links that stand on two lines.
const broken = () => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.checkVisibility() || node.parentElement.closest("pre, td.wide")) continue;
    for (const word of node.data.matchAll(/[\p{L}\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (tops.size > 1) found.push(word[0]);
    }
  }
  return found;
};

for (const width of WIDTHS) {
  for (const scheme of ["light", "dark"]) {
    const name = `${width}-${scheme}`;
    const page = await opened(width, scheme);
    const say = (what) => faults.push(`${name}: ${what}`);
    for (const what of await page.evaluate(tooWide)) say(`wider than the window: ${what}`);
    for (const word of await page.evaluate(broken)) say(`broken word: ${word}`);
    await page.screenshot({ path: join(out, `${name}-top.png`) });
    await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
    for (const what of await page.evaluate(tooWide)) say(`unfolded, wider: ${what}`);
    await page.screenshot({ path: join(out, `${name}-unfolded.png`), fullPage: true });
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run());
    lines.push(`| ${width} | ${scheme} | ${passes.length} | ${violations.map(
      (one) => `${one.id} (${one.impact}, ${one.nodes.length})`).join(", ") || "none"} |`);
    for (const one of violations.filter((found) => SERIOUS.includes(found.impact))) {
      say(`axe: ${one.id}: ${one.help}: ${one.nodes[0].html} ${one.nodes[0].failureSummary}`);
    }
    await page.context().close();
  }
}

// Panels by pointer, keyboard and touch; sorting and filtering.
const shown = (page) => page.locator(".panel:popover-open").count();
const page = await opened(1280, "light");
const value = page.locator(".lines td button").first();
const expect = (true_, what) => { if (!true_) faults.push(what); };
await value.scrollIntoViewIfNeeded();
await value.hover();
await page.waitForTimeout(400);
expect(await shown(page) === 1, "pointing at a value opens no panel");
await page.screenshot({ path: join(out, "1280-light-panel.png") });
await page.mouse.move(2, 2);
await page.waitForTimeout(500);
expect(await shown(page) === 0, "the panel stays when the pointer has gone");
await value.click();
await page.mouse.move(2, 2);
await page.waitForTimeout(500);
expect(await shown(page) === 1, "a panel that was pressed for does not stay");
await page.keyboard.press("Escape");
expect(await shown(page) === 0, "Escape does not close the panel");
await page.locator(".lines thead [role=button]").last().focus();
for (let i = 0; i < 40 && await shown(page) === 0; i += 1) await page.keyboard.press("Tab");
expect(await shown(page) === 1, "no panel is reached by the keyboard");
await page.keyboard.press("Escape");
const head = page.locator(".lines").first().locator("thead th").filter({ hasText: /better/ }).first();
if (await head.count()) {
  const index = await head.evaluate((one) => one.cellIndex);
  const orders = () => page.locator(".lines").first().locator("tbody tr").evaluateAll((all, at) =>
    all.map((one) => one.cells[at].dataset.order).filter((text) => text !== "").map(Number), index);
  for (const [direction, sign] of [["ascending", 1], ["descending", -1]]) {
    await head.getByRole("button").press("Enter");
    await page.locator(`.lines th[aria-sort=${direction}]`).first().waitFor();
    await page.waitForTimeout(300);
    const now = await orders();
    expect(now.every((one, i) => i === 0 || sign * now[i - 1] <= sign * one), `not ${direction}: ${now}`);
  }
}
const input = page.locator("input[type=search]").first();
if (await input.count()) {
  const table = page.locator(`#${await input.getAttribute("data-filters")}`);
  const all = await table.locator("tbody tr").count();
  const method = await table.locator("tbody .name").first().innerText();
  await input.fill(method);
  await page.waitForTimeout(300);
  const left = await table.locator("tbody tr").count();
  expect(left >= 1 && left < all, `the filter '${method}' leaves ${left} of ${all} lines`);
}
await page.context().close();
const phone = await opened(390, "dark", true);
await phone.locator(".lines td button").first().tap();
await phone.waitForTimeout(300);
expect(await shown(phone) === 1, "touching a value opens no panel");
await phone.screenshot({ path: join(out, "390-dark-panel.png") });
await phone.context().close();
await browser.close();

writeFileSync(join(out, "summary.md"), [
  "| width | colours | axe-core rules passed | findings (impact, places) |",
  "| --- | --- | --- | --- |", ...lines, "",
  `Page: ${(statSync(page_file).size / 1e6).toFixed(2)} MB, ${faults.length} faults.`, "",
].join("\n"));
for (const fault of faults) console.log(fault);
console.log(`${faults.length} faults; screenshots and summary.md are in ${out}`);
process.exit(faults.length ? 1 : 0);
