import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createSimulator, type Simulator } from "../../../simulator/index.ts";
import { listReports } from "../../../src/capabilities/reports/definition/report.ts";
import { faultsOf } from "../../support/axe.ts";
import { type Browser, chromiumPath, startBrowser } from "../../support/browser.ts";
import { type StartedGateway, startInFront } from "../../support/gateway.ts";

/** Names that are hard to show: in Arabic, with numbers, long, without a possible line break. */
const names = [
  (id: number) => `برج الخليج ${id}`,
  (id: number) => `محمد (بن راشد) ${id} – Al Wasl`,
  (id: number) => `N${id} `.padEnd(90, "Long name "),
  (id: number) => `N${id}`.padEnd(90, "ame"),
];
const nameOf = (id: number) => (names[id % names.length] ?? names[0])?.(id) ?? "";

/** Makes the names of all records hard to show. */
function rename({ data: { buildings, units, rooms, clients } }: Simulator): void {
  for (const table of [buildings, units, rooms])
    for (const { id } of table.all()) table.change(id, { name: nameOf(id) });
  for (const { id } of clients.all())
    clients.change(id, { first_name: nameOf(id), last_name: nameOf(id + 1) });
}

/** The addresses of all shipped reports, with options of their pages. */
const addresses = [
  ...[...listReports().keys()].map((name) => `/reports/${name}`),
  "/reports/rent-roll?_group=Bedrooms&_columns=all",
  "/reports/ends-to-call?from=startOfYear-9y&until=%2B9y",
];

/**
 * The faults in the layout of a page: overflowing elements, misaligned numbers, and texts that mix with others.
 */
const faultsOfLayout = `(() => {
  const faults = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) {
    const wide = [...document.querySelectorAll("main *")].filter((one) => {
      const { left, right } = one.getBoundingClientRect();
      return (right > clientWidth + 1 || left < -1) && !one.closest(".rows, .scroll, pre, .unseen, .skip");
    });
    faults.push(scrollWidth + " px wide: " + wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 80)).join("; "));
  }
  const edge = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return range.getBoundingClientRect().right;
  };
  const rows = [...document.querySelectorAll("#result tbody tr, #result tfoot tr")].slice(0, 60);
  for (const [index, title] of [...document.querySelectorAll("#result thead tr:last-child th")].entries()) {
    const cells = rows.map((row) => row.cells[index]).filter((cell) => cell && cell.checkVisibility() && cell.textContent);
    if (title.matches(".number")) {
      const edges = cells.map(edge);
      if (Math.max(...edges) - Math.min(...edges) > 1) faults.push("not in line: " + title.textContent);
    } else for (const cell of cells)
      if (!["plaintext", "isolate"].includes(getComputedStyle(cell).unicodeBidi)) faults.push("mixes: " + cell.textContent);
  }
  return faults;
})()`;

describe.runIf(chromiumPath)("report pages", { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterEach(() => expect(browser.complaints).toEqual([]));
  afterAll(() => browser.close());

  const portfolios = [
    [
      "with Arabic names and names of 90 letters",
      { buildings: 4, units: 12, rooms: 14, clients: 30, ownerContracts: 12, tenantContracts: 60 },
    ],
    [
      "of one unit, with one contract",
      { buildings: 1, units: 1, clients: 2, ownerContracts: 1, tenantContracts: 1 },
    ],
    ["without a record", 0],
  ] as const;
  describe.each(portfolios)("%s", (_, size) => {
    let simulator: Simulator;
    let gateway: StartedGateway;
    let page: Page;
    beforeAll(async () => {
      simulator = await createSimulator({ size });
      rename(simulator);
      const settings = { CATALOG: "on", REPORTS: "", CURRENCY: "AED", PRICE_PERIOD: "month" };
      const started = await startInFront(simulator, settings);
      gateway = started;
      page = await browser.open(`${started.address}/reports`);
      await vi.waitUntil(() => started.gateway.catalog.progress().warm, { timeout: 60_000 });
    }, 120_000);
    afterAll(async () => {
      await gateway.close();
      await simulator.close();
    });

    test.each(addresses)("%s fits its window, with numbers in line, in both directions", async (path) => {
      await page.goto(gateway.address + path);
      for (const dir of ["ltr", "rtl"]) {
        await page.evaluate(`document.documentElement.dir = "${dir}"`);
        for (const width of [360, 768, 1280, 1920]) {
          await page.setViewportSize({ width, height: 900 });
          expect([dir, width, ...(await page.evaluate<string[]>(faultsOfLayout))]).toEqual([dir, width]);
        }
      }
      expect(await faultsOf(page)).toEqual([]);
    });
  });
});
