import type { Page } from "playwright-core";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createSimulator } from "../../../simulator/index.ts";
import { listReports } from "../../../src/capabilities/reports/definition/report.ts";
import { allFaultsOf } from "../../support/axe.ts";
import { type Browser, chromiumPath, startBrowser } from "../../support/browser.ts";
import { startGateway, startInFront, type TestGateway } from "../../support/gateway.ts";
import { hasPdfText, readPdf } from "../../support/pdf.ts";

/** The pages of the built-in reports over the demo's portfolio. */
const reports = [...listReports().keys()].map((name) => `/reports/${name}`);
/** Maximum compressed bytes of a page with its style and script. */
const mostBytes = 60_000;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({}, { CATALOG: "on", REPORTS: "", CURRENCY: "AED", PRICE_PERIOD: "month" });
  await gateway.warm();
}, 60_000);
afterAll(() => gateway.close());

/** The response of an address, as the bytes sent and as text. */
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
  expect(loaded.length).toBeGreaterThan(2);
  const parts = await Promise.all(loaded.map((file) => download(file as string)));
  const sum = parts.reduce((total, part) => total + part.bytes, bytes);
  expect(bytes).toBeLessThan(text.length / 2);
  expect(sum).toBeLessThan(mostBytes);
});

test("lists the most common reports first", async () => {
  const { text } = await download("/reports");
  const names = [...text.matchAll(/<h2><a href="\/reports\/([^"]+)"/g)].map(([, name]) => name);
  expect(names.slice(0, 3)).toEqual(["rent-roll", "vacancies", "income"]);
  expect(names.slice(-2)).toEqual(["buildings", "owners"]);
});

/** A name of `length` letters without a possible line break. */
const longName = (id: number, length: number) => `N${id}`.padEnd(length, "ame");

describe.runIf(chromiumPath)("in Chromium", { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterEach(() => expect(browser.complaints).toEqual([]));
  afterAll(() => browser.close());
  const open = (path: string) => browser.open(gateway.address + path);

  test("no page has a fault that axe finds, wide and narrow, in light and dark", async () => {
    const page = await open("/reports");
    for (const path of ["/reports", ...reports, "/reports/rent-roll?on=nonsense"]) {
      await page.goto(gateway.address + path);
      browser.complaints.length = 0;
      expect(await allFaultsOf(page), path).toEqual([]);
    }
    await page.close();
  });

  test("an invalid field keeps its text and has the focus", async () => {
    const page = await open("/reports/rent-roll?on=31.3.2026&building=1001");
    browser.complaints.length = 0;
    const focused = page.locator(":focus");
    expect([await focused.getAttribute("name"), await focused.inputValue()]).toEqual(["on", "31.3.2026"]);
    expect(await page.locator("#parameter-building").inputValue()).toBe("1001");
    await page.close();
  });

  test.each([43, 90])(
    "names of %d letters leave room for rents: on a desktop, a tablet, a phone and on paper",
    async (length) => {
      const simulator = await createSimulator({});
      const { buildings, units, rooms, clients } = simulator.data;
      for (const { id } of buildings.all()) buildings.change(id, { name: longName(id, length) });
      for (const { id } of units.all()) units.change(id, { name: longName(id, length) });
      for (const { id } of rooms.all()) rooms.change(id, { name: longName(id, length) });
      for (const { id } of clients.all())
        clients.change(id, { first_name: longName(id, length), last_name: longName(id, length) });
      const named = await startInFront(simulator, { CATALOG: "on", REPORTS: "", CURRENCY: "AED" });
      try {
        await vi.waitUntil(() => named.gateway.catalog.progress().warm, { timeout: 60_000 });
        const page = await browser.open(`${named.address}/reports/rent-roll`);
        const rent = page.locator("#result thead th", { hasText: /^Rent, AED/ });
        for (const width of [1440, 820, 390, 360]) {
          await page.setViewportSize({ width, height: 900 });
          const box = await rent.boundingBox();
          expect(box && box.x + box.width, `${width}`).toBeLessThanOrEqual(width);
        }
        expect(await page.getByText("vacant", { exact: true }).first().isVisible()).toBe(true);
        await page.emulateMedia({ media: "print" });
        expect(await rent.isVisible()).toBe(true);
        await page.goto(`${named.address}/reports/owner-statement?from=startOfYear-1y&_page=all`);
        expect(await page.locator("#result tbody tr").count()).toBeGreaterThan(3);
        expect((await page.locator("p.paper").allTextContents()).join()).not.toContain("Not on paper");
        // Every column ends within a sheet of 277 mm.
        await page.setViewportSize({ width: 1047, height: 700 });
        const table = await page.locator("#result table").boundingBox();
        expect(table && table.x + table.width).toBeLessThanOrEqual(1047);
        await page.close();
      } finally {
        await named.close();
        await simulator.close();
      }
    },
  );

  test("the rent roll of one building fits one sheet, names it once, and shows vacancies", async () => {
    const simulator = await createSimulator({
      size: { buildings: 1, units: 20, clients: 40, ownerContracts: 20, tenantContracts: 60 },
    });
    const house = await startInFront(simulator, {
      CATALOG: "on",
      REPORTS: "",
      CURRENCY: "AED",
      PRICE_PERIOD: "month",
    });
    try {
      await vi.waitUntil(() => house.gateway.catalog.progress().warm, { timeout: 60_000 });
      const page = await browser.open(`${house.address}/reports/rent-roll`);
      expect(Number(await page.locator("#result").getAttribute("data-rows"))).toBeGreaterThanOrEqual(20);
      expect(await page.textContent("#result .same")).toContain("Building:");
      expect(await page.locator("#result thead th", { hasText: /^Building$/ }).count()).toBe(0);
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.getByText("vacant", { exact: true }).first().isVisible()).toBe(true);
      expect(readPdf(await page.pdf({ preferCSSPageSize: true }))).toHaveLength(1);
      await page.close();
    } finally {
      await house.close();
      await simulator.close();
    }
  });

  test("of ten thousand rows lays out some and searches, sorts and prints half; its files contain all", async () => {
    const size = { buildings: 26, units: 40, clients: 60, ownerContracts: 20, tenantContracts: 60 };
    const large = await startGateway({ size }, { CATALOG: "on", REPORTS: "" });
    try {
      await large.warm();
      const asked = "from=today-399d&to=today&unit=DAY";
      const page = await browser.open(`${large.address}/reports/occupancy?${asked}`);
      const count = Number(await page.getAttribute("#result", "data-rows"));
      expect(count).toBeGreaterThanOrEqual(10_000);
      const rows = page.locator("#result tbody tr:not(.subtotal)");
      expect(await rows.count()).toBe(250);
      const known = `the first 5,000 rows. All ${count.toLocaleString("en")} are in the files`;
      const status = page.getByRole("status");
      await page.getByRole("searchbox").fill("-11-");
      await expect.poll(() => status.textContent(), { timeout: 60_000 }).toMatch(/^[\d,]+ of the first/);
      expect(await status.textContent()).toContain(` of ${known}`);
      expect(await rows.count()).toBeLessThanOrEqual(100);
      await page.getByRole("searchbox").fill("");
      await page.locator("#result").getByRole("button", { name: "Building", exact: true }).click();
      await expect.poll(() => status.textContent(), { timeout: 60_000 }).toBe(`Sorted: ${known}`);
      expect(await rows.count()).toBeLessThanOrEqual(100);
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      expect(await rows.count()).toBe(5_000);
      expect(await page.textContent("#part")).toBe(`Only rows: 5,000 of ${known}.`);
      const file = await (await fetch(`${large.address}/reports/occupancy.json?${asked}`)).json();
      expect(file).toHaveLength(count);
      await page.close();
    } finally {
      await large.close();
    }
  });

  describe.runIf(hasPdfText)("on paper", () => {
    /** Words, without the marks that pdftotext puts around Arabic. */
    const wordsOf = (text: string) =>
      text
        .replace(/[\u202a-\u202e]/g, "")
        .split(/\s+/)
        .filter(Boolean);
    /** The columns of the rows: their titles, whether they are printed, and the texts of their cells. */
    const shownOf = (page: Page) =>
      page.evaluate<{ titles: string[]; left: string[]; cells: string[] }>(`(() => {
        const table = document.querySelector("#result table");
        if (!table) throw new Error("The report has no row of the demo's portfolio; let simulator/portfolio make some.");
        const titles = [...table.tHead.rows[1].cells].filter((cell) => !cell.matches(".more"));
        const isLeft = (cell) => cell.matches(".off-paper");
        const titleOf = (cell) => cell.querySelector(".title").textContent;
        const rows = [...table.tBodies[0].rows];
        return {
          titles: titles.filter((cell) => !isLeft(cell)).map(titleOf),
          left: titles.filter(isLeft).map(titleOf),
          cells: rows.flatMap((row) => [...row.cells].filter((cell) => !cell.matches(".more, .off-paper, .broken")).map((cell) => cell.textContent)),
        };
      })()`);

    test("statements of all owners are a print with a sheet each, on which no other owner and no sum of all is", async () => {
      const page = await open("/reports/owner-statement?from=startOfYear-1y&to=today&_page=all");
      const owners = await page.locator("#result tr.subtotal").count();
      expect(owners).toBeGreaterThan(3);
      const sheets = readPdf(await page.pdf({ preferCSSPageSize: true }));
      const counts = sheets.map((sheet) => sheet.match(/: together/g)?.length ?? 0);
      expect(Math.max(...counts)).toBe(1);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(owners);
      expect(counts.at(-1)).toBe(0);
      expect(sheets.at(-1)).toMatch(/^\s*Total /m);
      expect(sheets.join()).not.toContain("Not on paper");
      const sum = await page.locator("#result tfoot td[data-sum]").last().textContent();
      for (const sheet of sheets.slice(0, -1)) expect(sheet).not.toContain(sum);
      await page.close();
    });

    test.each([...reports, "/reports/occupancy?unit=WEEK"])(
      "%s has every column that it does not name as omitted, titles on each sheet, and one total at the end",
      async (path) => {
        const page = await open(path);
        const title = await page.textContent("h1");
        // All rows are printed, including those of other pages.
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
