import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Browser, chromiumPath, startBrowser } from "../../support/browser.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { writeReports } from "./report-folder.ts";

/** Tests a page's script in a browser, with more rows than a page shows. */
describe.runIf(chromiumPath)("a page with its script", { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    gateway = await startGateway({ size: 2 }, { CATALOG: "on", REPORTS: writeReports(), CURRENCY: "AED" });
    await gateway.warm();
    browser = await startBrowser();
  }, 60_000);
  afterEach(() => expect(browser.complaints).toEqual([]));
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  const open = (path: string) => browser.open(gateway.address + path);
  /** The texts of a column in the visible rows. */
  const column = (page: Page, index: number) =>
    page.$$eval(
      "#result tbody tr",
      (rows, at) => rows.map((row) => (row as HTMLTableRowElement).cells[at]?.textContent ?? ""),
      index,
    );
  /** Waits until this number of rows is visible; rows are added frame by frame. */
  const shows = (page: Page, count: number) =>
    expect.poll(() => page.locator("#result tbody tr").count(), { timeout: 20_000 }).toBe(count);
  /** The rows of the file of a report, as objects. */
  const rowsOf = async (path: string) =>
    (await (await fetch(`${gateway.address}${path}`)).json()) as Record<string, string | null>[];
  const sortBy = (page: Page, title: string) =>
    page.locator("#result").getByRole("button", { name: title, exact: true }).click();

  test("sorts all rows by a title, up, down, and then in the report's order", async () => {
    const page = await open("/reports/contracts");
    const rents = (await rowsOf("/reports/contracts.json")).map(({ Rent }) => Number(Rent));
    expect(rents.length).toBeGreaterThan(250);
    const before = await column(page, 0);
    expect(before).toHaveLength(250);
    const sorted = rents.toSorted((one, other) => one - other);
    const shown = async () => (await column(page, 2)).map((text) => Number(text.replaceAll(",", "")));
    await sortBy(page, "Rent, AED");
    await expect.poll(shown, { timeout: 20_000 }).toEqual(sorted.slice(0, 100));
    await page.getByRole("button", { name: "Next rows" }).click();
    await expect.poll(shown, { timeout: 20_000 }).toEqual(sorted.slice(100, 200));
    await sortBy(page, "Rent, AED");
    await expect.poll(shown, { timeout: 20_000 }).toEqual(sorted.toReversed().slice(0, 100));
    await sortBy(page, "Rent, AED");
    await expect.poll(() => column(page, 0), { timeout: 20_000 }).toEqual(before);
    expect(await page.locator("[aria-sort]").count()).toBe(0);
    await page.close();
  });

  test("searches all rows, adds up the matches exactly, and links to them", async () => {
    const page = await open("/reports/contracts");
    const all = await rowsOf("/reports/contracts.json");
    const [first] = all;
    const name = String(first?.Tenant);
    const found = all.filter(({ Tenant, Building }) =>
      `${Tenant} ${Building}`.toLowerCase().includes(name.toLowerCase()),
    );
    expect(found.length).toBeLessThan(all.length);
    await page.getByRole("searchbox").fill(name.toUpperCase());
    await expect
      .poll(() => page.getByRole("status").textContent())
      .toBe(`${found.length} of ${all.length} rows`);
    const cents = found.reduce((sum, { Rent }) => sum + Math.round(Number(Rent) * 100), 0);
    const total = (cents / 100).toLocaleString("en", { minimumFractionDigits: 2 });
    expect(await page.textContent("#result tfoot td[data-sum]")).toBe(total);
    const copy = await open(new URL(page.url()).pathname + new URL(page.url()).hash);
    await expect.poll(() => copy.textContent("#result tfoot td[data-sum]")).toBe(total);
    await copy.getByRole("button", { name: "Show" }).click();
    await copy.waitForURL(/\?since=/);
    await expect.poll(() => copy.textContent("#result tfoot td[data-sum]")).toBe(total);
    await copy.close();
    await page.getByRole("searchbox").fill("");
    await expect.poll(() => page.getByRole("status").textContent()).toBe("");
    await shows(page, 250);
    await page.close();
  });

  test("links with relative days, and shows the answer before the form on a phone", async () => {
    const page = await open("/reports/contracts?since=today-9000d");
    await page.evaluate("navigator.clipboard.writeText = async (text) => (document.title = text)");
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect.poll(() => page.title()).toMatch(/\?since=\d{4}-\d{2}-\d{2}$/);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    const show = page.getByRole("button", { name: "Show" });
    expect(await show.isVisible()).toBe(false);
    await page.getByText(/^Asked: Since \d{4}/).click();
    expect(await show.isVisible()).toBe(true);
    await page.close();
  });

  test("remembers for all reports that more columns are shown", async () => {
    const page = await open("/reports/contracts");
    const header = page.locator("#result thead th", { hasText: "Contract in Alma" });
    expect(await header.isVisible()).toBe(false);
    await page.getByText("More columns").click();
    expect(await header.isVisible()).toBe(true);
    await page.reload();
    expect(await header.isVisible()).toBe(true);
    await page.getByText("Fewer columns").click();
    expect(await header.isVisible()).toBe(false);
    await page.goto(`${gateway.address}/reports/contracts?_columns=all`);
    expect(await header.isVisible()).toBe(true);
    await page.close();
  });

  test("prints all rows without screen controls, with running titles", async () => {
    const page = await open("/reports/contracts");
    const count = (await rowsOf("/reports/contracts.json")).length;
    await page.emulateMedia({ media: "print" });
    const part = page.locator("#part");
    expect(await part.textContent()).toBe(`Only rows 1 to 250 of ${count}. The Excel file has all.`);
    expect(await part.isVisible()).toBe(true);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await column(page, 0)).toHaveLength(count);
    expect(await part.textContent()).toBe("");
    for (const hidden of [".bar", "form", ".tools", ".pages", "section.screen"])
      expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
    expect(await page.locator(".running").textContent()).toMatch(/^Contracts · .*Asia\/Dubai$/);
    expect(await page.locator(".running").isVisible()).toBe(true);
    expect(await page.locator(".paper:not(#part, .asked)").count()).toBe(0);
    // Chromium omits buttons from headings that it repeats on the next sheet.
    expect(await page.$eval(".sort", (button) => getComputedStyle(button).display)).toBe("contents");
    expect(await page.$eval("#result tfoot", (foot) => getComputedStyle(foot).display)).toBe(
      "table-row-group",
    );
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    await shows(page, 250);
    await page.evaluate("document.querySelector('[type=search]').value = 'a b'");
    await page.locator("[type=search]").dispatchEvent("input");
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    const found = (await column(page, 0)).length;
    expect(await part.textContent()).toBe(`Only rows with “a b”: ${found} of ${count} rows.`);
    await page.close();
  });

  test("suggests names of records, accepts one, and days from a calendar", async () => {
    const page = await open("/reports/contracts");
    const names = (await rowsOf("/reports/places.json")).map(({ Building }) => Building);
    const field = page.locator("#parameter-building");
    await field.focus();
    await expect
      .poll(() =>
        page.$$eval("datalist:not(#days) option", (options) =>
          options.map((option) => (option as HTMLOptionElement).value),
        ),
      )
      .toEqual(names);
    await field.fill(names[0] ?? "");
    await page.getByLabel("Since: choose in a calendar").fill("2020-02-29");
    expect(await page.locator("#parameter-since").inputValue()).toBe("2020-02-29");
    await page.getByRole("button", { name: "Show" }).click();
    expect(await page.textContent("#result .same")).toContain(names[0]);
    await page.close();
  });

  test("with more rows than a page can have, says that it searches and sorts the first ones", async () => {
    const page = await open("/reports/days");
    const all = (await page.getAttribute("#result", "data-rows")) ?? "";
    expect(Number(all)).toBeGreaterThan(5_000);
    const rest = `the first 5,000 rows. All ${Number(all).toLocaleString("en")} are in the files`;
    const status = page.getByRole("status");
    await page.getByRole("searchbox").fill("-01-");
    await expect.poll(() => status.textContent(), { timeout: 60_000 }).toMatch(/^[\d,]+ of the first/);
    expect(await status.textContent()).toContain(`of ${rest}`);
    await page.getByRole("searchbox").fill("");
    await page.locator("#result").getByRole("button", { name: "Day", exact: true }).click();
    await expect.poll(() => status.textContent()).toBe(`Sorted: ${rest}`);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await page.textContent("#part")).toBe(`Only rows: 5,000 of ${rest}.`);
    await page.close();
  });
});
