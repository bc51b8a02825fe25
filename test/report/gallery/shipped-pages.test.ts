import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { listReports } from "../../../src/report/index.ts";
import { type Browser, chromiumPath, startBrowser } from "../../support/browser.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { hasPdfText, readPdf } from "../../support/pdf.ts";

/** The pages of the reports that come with the gateway, over the portfolio of the demo. */
const reports = listReports().map((name) => `/reports/${name}`);
/** Bytes that a page may take with its style and script, compressed. */
const mostBytes = 60_000;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({}, { CATALOG: "on", REPORTS: "", CURRENCY: "AED", PRICE_PERIOD: "month" });
  await gateway.warm();
}, 60_000);
afterAll(() => gateway.close());

/** What an address sends, in bytes as they are sent, and as text. */
async function download(path: string) {
  const ask = async (encoding: string) => {
    const { statusCode, body } = await request(gateway.address + path, {
      headers: { accept: "text/html", "accept-encoding": encoding },
    });
    expect(statusCode, path).toBe(200);
    return Buffer.from(await body.arrayBuffer());
  };
  return { bytes: (await ask("gzip")).length, text: (await ask("identity")).toString() };
}

test.each(["/reports", ...reports])("%s is below 60 kB with all that it loads, compressed", async (path) => {
  const { bytes, text } = await download(path);
  const loaded = [...text.matchAll(/<(?:link|script)[^>]+(?:href|src)="([^"]+)"/g)].map(([, file]) => file);
  expect(loaded).toHaveLength(3);
  const parts = await Promise.all(loaded.map((file) => download(file as string)));
  const sum = parts.reduce((total, part) => total + part.bytes, bytes);
  expect(bytes).toBeLessThan(text.length / 2);
  expect(sum).toBeLessThan(mostBytes);
});

test("the list begins with what is asked for most, and ends with what others may be asked for", async () => {
  const { text } = await download("/reports");
  const names = [...text.matchAll(/<h2><a href="\/reports\/([^"]+)"/g)].map(([, name]) => name);
  expect(names.slice(0, 3)).toEqual(["rent-roll", "vacancies", "income"]);
  expect(names.slice(-2)).toEqual(["buildings", "owners"]);
});

describe.runIf(chromiumPath)("in Chromium", { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterEach(() => expect(browser.complaints).toEqual([]));
  afterAll(() => browser.close());
  const open = (path: string) => browser.open(gateway.address + path);

  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  /** What axe finds wrong, by its rules: all of them, or those named. */
  const faultsOf = (page: Page, rules?: readonly string[]) =>
    page.evaluate<string[]>(
      `axe.run(document, ${JSON.stringify(rules ? { runOnly: rules } : {})}).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html)))`,
    );

  test.each(["/reports", ...reports, "/reports/rent-roll?on=nonsense"])(
    "%s has no fault that axe finds, wide and narrow, in light and dark",
    async (path) => {
      const page = await open(path);
      browser.complaints.length = 0;
      await page.evaluate(axe);
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: "light" });
        expect(await faultsOf(page), `${width}`).toEqual([]);
        // Only colors are others in the dark.
        await page.emulateMedia({ colorScheme: "dark" });
        expect(await faultsOf(page, ["color-contrast"]), `${width}, dark`).toEqual([]);
      }
      await page.close();
    },
  );

  test("a field with a fault has what was written, and the focus", async () => {
    const page = await open("/reports/rent-roll?on=31.3.2026&building=1001");
    browser.complaints.length = 0;
    const focused = page.locator(":focus");
    expect([await focused.getAttribute("name"), await focused.inputValue()]).toEqual(["on", "31.3.2026"]);
    expect(await page.locator("#parameter-building").inputValue()).toBe("1001");
    await page.close();
  });

  describe.runIf(hasPdfText)("on paper", () => {
    /** Words, without the marks by which pdftotext says where Arabic begins and ends. */
    const wordsOf = (text: string) =>
      text
        .replace(/[\u202a-\u202e]/g, "")
        .split(/\s+/)
        .filter(Boolean);
    /** The columns of the rows: their titles, and whether paper has them; and the texts of the cells that it has. */
    const shownOf = (page: Page) =>
      page.evaluate<{ titles: string[]; left: string[]; cells: string[] }>(`(() => {
        const table = document.querySelector("#result table");
        if (!table) throw new Error("The report has no row of the demo's portfolio; let simulator/portfolio make some.");
        const titles = [...table.tHead.rows[1].cells];
        const isLeft = (cell) => cell.matches(".more, .off-paper");
        const titleOf = (cell) => cell.querySelector(".title").textContent;
        const rows = [...table.tBodies[0].rows];
        return {
          titles: titles.filter((cell) => !isLeft(cell)).map(titleOf),
          left: titles.filter(isLeft).map(titleOf),
          cells: rows.flatMap((row) => [...row.cells].filter((cell) => !isLeft(cell)).map((cell) => cell.textContent)),
        };
      })()`);

    test.each([...reports, "/reports/occupancy?unit=WEEK"])(
      "%s has every column that it does not name as left out, titles on each sheet, and one total at the end",
      async (path) => {
        const page = await open(path);
        const title = await page.textContent("h1");
        // All rows are printed, also those of a page's other pages.
        if ((await page.locator(".pages a").count()) > 0)
          await page.evaluate("dispatchEvent(new Event('beforeprint'))");
        const { titles, left, cells } = await shownOf(page);
        const hasTotals = (await page.locator("#result tfoot").count()) > 0;
        const sheets = readPdf(await page.pdf({ preferCSSPageSize: true }));
        const words = new Set(wordsOf(sheets.join("\n")));
        expect([...cells, ...titles].flatMap(wordsOf).filter((word) => !words.has(word))).toEqual([]);
        for (const [index, sheet] of sheets.entries()) {
          expect(sheet).toContain(`Page ${index + 1} of ${sheets.length}`);
          expect(sheet).toContain(`${title} · `);
          const onSheet = wordsOf(sheet);
          expect(titles.flatMap(wordsOf).filter((word) => !onSheet.includes(word))).toEqual([]);
        }
        const said = wordsOf(sheets[0] ?? "").join(" ");
        if (left.length > 0) expect(said).toContain(`Not on paper: ${left.join("; ")}.`);
        else expect(said).not.toContain("Not on paper");
        const totals = sheets.map((sheet) => sheet.match(/^\s*Total( |$)/gm)?.length ?? 0);
        expect(totals.slice(0, -1).every((count) => count === 0)).toBe(true);
        expect(totals.at(-1)).toBe(hasTotals ? 1 : 0);
        await page.close();
      },
    );
  });
});
