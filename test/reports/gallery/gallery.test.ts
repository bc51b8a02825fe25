import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, chromiumPath, startBrowser } from "../../support/browser.ts";
import { skipWaiting } from "../../support/clock.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { writeReports } from "./report-folder.ts";

const folder = writeReports();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({}, { CATALOG: "on", REPORTS: folder });
  await gateway.warm();
});
afterAll(() => gateway.close());

const get = async (path: string, headers: Record<string, string> = { accept: "text/html" }) => {
  const response = await fetch(gateway.address + path, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};
/** The texts of all cells in a row element. */
const cellsOf = (row: string): string[] =>
  [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g)].map(([, text = ""]) => text);

test("the list has every report with its title, description and files, and says why one is broken", async () => {
  const { status, text } = await get("/reports");
  expect(status).toBe(200);
  expect(text).toContain('<a href="/reports/rents">Rents &lt;b&gt;&amp;&quot;&#39;</a>');
  expect(text).toContain("Contracts with &lt;i&gt;everything&lt;/i&gt;");
  expect(text).toContain('href="/reports/plain.xlsx"');
  expect(text).toContain("nonsense");
  expect(text).not.toContain('href="/reports/broken');
});

test("a page has the rows of the file, its exact total, and its cost", async () => {
  const { text } = await get("/reports/rents");
  const lines = (await get("/reports/rents.csv?_bom=0")).text.trim().split("\r\n");
  const [, totals = ""] = /<tfoot><tr>(.*?)<\/tr>/.exec(text) ?? [];
  expect(lines.length).toBeGreaterThan(20);
  const result = text.slice(text.indexOf('id="result"'), text.indexOf('id="chart"'));
  const body = result.slice(result.indexOf("<tbody>"), result.indexOf("</tbody>"));
  expect(body.split("<tr>").length - 1).toBe(lines.length - 1);
  const cents = lines.slice(1).map((line) => Number(line.split(",").at(-2)?.replace(".", "")));
  const sum = cents.reduce((total, next) => total + next, 0) / 100;
  const total = cellsOf(totals).find((cell) => cell !== "" && cell !== "Total");
  expect(total).toBe(sum.toLocaleString("en", { minimumFractionDigits: 2 }));
  expect(text).toContain(`<dt>Rent</dt><dd>${total}</dd>`);
  expect(text).toContain(`<dt>Rows</dt><dd>${lines.length - 1}</dd>`);
  expect(text).toMatch(/<dd>0 calls to Alma, \d+ ms<\/dd>/);
  const [, oldest = "", shown] = /<time datetime="(20[^"]*)">([^<]*)</.exec(text) ?? [];
  const inDubai = new Date(Date.parse(oldest) + 4 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");
  expect(shown).toBe(`${inDubai} Asia/Dubai`);
});

test("a page loads only its own style, script and icon, and is not shared by caches", async () => {
  const { headers, text } = await get("/reports/rents");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(headers.get("cache-control")).toBe("private, no-cache");
  expect(headers.get("vary")).toContain("Authorization");
  expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  expect(text).not.toMatch(/<script[^>]*>[^<]| style=| on\w+=|javascript:/i);
  const loaded = [...text.matchAll(/<(?:link|img|script)[^>]+(?:href|src)="([^"]+)"/g)].map(
    ([, path]) => path,
  );
  expect(loaded).toHaveLength(4);
  expect(loaded.every((path) => path?.startsWith("/assets/"))).toBe(true);
  for (const path of loaded) expect((await get(path as string)).status).toBe(200);
});

test("a form shows the parameters of the address, and so do the links to files", async () => {
  const { id } = gateway.simulator.data.buildings.insert({ name: "Empty Tower" });
  const { text } = await get(
    `/reports/rents?on=startOfMonth&state=ENDED&building=Building:${id}&least=&_locale=de`,
  );
  expect(text).toMatch(/name="on" value="startOfMonth"[^>]*required/);
  expect(text).toMatch(/Means \d{4}-\d\d-01/);
  expect(text).toContain("The day that contracts cover");
  expect(text).toMatch(/value="ENDED" checked>Ended/);
  expect(text).not.toMatch(/value="ACTIVE" checked/);
  expect(text).toContain('<input type="hidden" name="_locale" value="de">');
  const search = `?on=startOfMonth&amp;state=ENDED&amp;building=Building%3A${id}`;
  expect(text).toContain(`href="/reports/rents.csv${search}&amp;_locale=de"`);
  expect(text).toContain(`href="/reports/rents.xlsx${search}"`);
  expect(text).toContain("No rows match these parameters.");
});

test.each([
  ["/reports/rents?on=2026-02-31", 400, "Day"],
  ["/reports/rents?on=today&on=today", 400, "takes one value"],
  ["/reports/rents?nonsense=1", 400, "no parameter"],
  ["/reports/rents?_columns=some", 400, "Write all, or leave it out."],
  ["/reports/rents?building=1", 400, "Alma has no Building 1. Name another."],
  ["/reports/nothing", 404, "There is no report"],
  ["/reports/rents.pdf", 404, ".xlsx"],
  ["/reports/broken", 503, "nonsense"],
  ["/reports/rents.csv?on=x", 400, "Day"],
  ["/links/almalink_unknown/rents.csv", 404, "This link is invalid"],
])("%s is explained to a person on a page with status %i", async (path, status, reason) => {
  const answered = await get(path);
  expect(answered.status).toBe(status);
  expect(answered.headers.get("content-type")).toContain("text/html");
  expect(answered.text).toContain("This page has nothing to show");
  expect(answered.text).toContain(reason);
  expect(answered.headers.get("content-security-policy")).toContain("default-src 'none'");
  const forPrograms = await get(path, { accept: "*/*" });
  expect(forPrograms.status).toBe(status);
  if (/\.|broken|nothing/.test(path)) expect(forPrograms.text).not.toContain("<html");
});

test("HEAD of a page runs nothing", async () => {
  const head = await fetch(`${gateway.address}/reports/rents`, { method: "HEAD" });
  expect(head.status).toBe(200);
  expect(head.headers.get("content-type")).toContain("text/html");
  expect((await fetch(`${gateway.address}/reports/rents?on=x`, { method: "HEAD" })).status).toBe(400);
});

test("an unreadable report is refused with a way to see the rest, which then names the missing parts", async () => {
  const alma = await startGateway({}, { REPORTS: folder });
  alma.simulator.faults.add({
    kind: "status",
    status: 500,
    when: ({ path }) => /\/\d+\/$/.test(path),
  });
  const page = (path: string) =>
    skipWaiting(fetch(alma.address + path, { headers: { accept: "text/html" } }));
  const refused = await page("/reports/plain");
  const text = await refused.text();
  expect([refused.status, text]).toEqual([502, expect.stringContaining("This page has nothing to show")]);
  expect(text).toContain('href="/reports/plain?_partial=1"');
  const partial = await (await page("/reports/plain?_partial=1")).text();
  expect(partial).toContain("<b>Incomplete:</b>");
  expect(partial).toContain("#N/A");
  await alma.close();
});

test("while the catalog is filled, a page shows the progress and reloads until it has the report", async () => {
  const cold = await startGateway({ latency: 10_000 }, { CATALOG: "on", REPORTS: folder });
  const page = await skipWaiting(fetch(`${cold.address}/reports/rents`));
  expect(page.status).toBe(503);
  expect(page.headers.get("retry-after")).toBe("2");
  const text = await page.text();
  expect(text).toContain('<meta http-equiv="refresh" content="2">');
  expect(text).toContain("<progress");
  cold.simulator.latency = 0;
  await skipWaiting(cold.warm());
  const warm = await fetch(`${cold.address}/reports/rents`);
  expect(warm.status).toBe(200);
  expect(await warm.text()).not.toContain("http-equiv");
  await skipWaiting(cold.close());
});

test("while the catalog is filled, a page has its report as soon as its data has been read", async () => {
  const cold = await startGateway(
    { latency: 20 },
    { CATALOG: "on", REPORTS: folder, WARM_UP_CONCURRENCY: "1" },
  );
  // The details of contracts are never read meanwhile.
  cold.simulator.faults.add({ kind: "stall", when: ({ path }) => /tenant_contracts\/\d+\/$/.test(path) });
  const page = (name: string) => skipWaiting(fetch(`${cold.address}/reports/${name}`));
  const statusOf = async (name: string) => (await page(name)).status;
  await expect.poll(() => statusOf("plain"), { timeout: 20_000 }).toBe(200);
  expect((await fetch(`${cold.address}/health/ready`)).status).toBe(503);
  expect(await statusOf("rents")).toBe(503);
  await skipWaiting(cold.close());
});

describe.runIf(chromiumPath)("in a browser", { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  beforeEach(() => {
    browser.complaints.length = 0;
  });
  afterAll(() => browser.close());

  const paths = [
    "/reports",
    "/reports/rents",
    "/reports/by-day",
    "/reports/plain",
    "/reports/rents?on=1990-01-01",
  ];

  test.each(paths)("%s breaks no policy, contacts only this machine, and fits any screen", async (path) => {
    const page = await browser.open(gateway.address + path);
    expect(browser.complaints).toEqual([]);
    expect(browser.wanted).toEqual([]);
    for (const width of [320, 390, 768, 1280]) {
      await page.setViewportSize({ width, height: 700 });
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${width}`).toBe(
        true,
      );
    }
    // The style is applied: the Content-Security-Policy has not blocked it.
    expect(await page.evaluate("getComputedStyle(document.body).margin")).toBe("0px");
    await page.close();
  });

  test.each([...paths, "/reports/nothing"])("%s has accessible names for everything", async (path) => {
    const page = await browser.open(gateway.address + path);
    const faults = await page.evaluate<string[]>(`(() => {
      const all = (selector) => [...document.querySelectorAll(selector)];
      const faults = [];
      const ids = all("[id]").map((element) => element.id);
      if (new Set(ids).size < ids.length) faults.push("an id is there twice");
      if (document.documentElement.lang !== "en") faults.push("no language");
      if (document.title === "" || all("h1").length !== 1 || all("main").length !== 1) faults.push("no title, h1 or main");
      for (const input of all("input:not([type=hidden], [aria-hidden]), select, progress"))
        if (input.labels.length === 0 && !input.ariaLabel) faults.push("no label: " + input.outerHTML);
      for (const element of all("[aria-describedby], [aria-labelledby]"))
        for (const name of ["aria-describedby", "aria-labelledby"])
          if (element.hasAttribute(name) && !document.getElementById(element.getAttribute(name))) faults.push("no " + name);
      for (const element of all("a, button, summary")) if (element.textContent.trim() === "") faults.push("no text: " + element.outerHTML);
      for (const svg of all("svg:not(svg svg)")) if (!svg.closest("[aria-hidden=true], [role=group][aria-label]")) faults.push("an SVG without a name");
      for (const table of all("table")) if (!table.caption || table.querySelector("thead tr:not(.running) th:not([scope])")) faults.push("no caption or scope");
      let last = 1;
      for (const heading of all("h1, h2, h3")) {
        const level = Number(heading.tagName[1]);
        if (level > last + 1) faults.push("a level is left out");
        last = level;
      }
      for (const element of all("a:not(td a, th a), button, input:not([type=hidden], [type=checkbox], [aria-hidden]), select, summary")) {
        const { height } = element.getBoundingClientRect();
        if (height > 0 && height < 24) faults.push("smaller than a finger: " + element.outerHTML);
      }
      return faults;
    })()`);
    expect(faults).toEqual([]);
    await page.close();
  });

  test("everything works by keyboard and without scripts", async () => {
    const context = await browser.context.browser()?.newContext({ javaScriptEnabled: false });
    if (!context) throw new Error("There is no browser.");
    const page = await context.newPage();
    await page.goto(`${gateway.address}/reports`);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () => page.locator(":focus");
    await press("Tab");
    expect(await focused().textContent()).toBe("Skip to the content");
    while ((await focused().getAttribute("href")) !== "/reports/rents") await press("Tab");
    await press("Enter");
    await page.waitForURL(/rents$/);
    while ((await focused().count()) === 0 || (await focused().getAttribute("name")) !== "on")
      await press("Tab");
    await page.keyboard.insertText("startOfYear+6m");
    await press("Enter");
    await page.waitForURL(/on=startOfYear%2B6m/);
    expect(await page.locator("#parameter-on").inputValue()).toBe("startOfYear+6m");
    while ((await focused().count()) === 0 || (await focused().textContent()) !== "Python (pandas)")
      await press("Tab");
    await press("Enter", "Tab");
    expect(await focused().textContent()).toContain(
      `${gateway.address}/reports/rents.csv?on=startOfYear%2B6m`,
    );
    await context.close();
  });

  test("a click on a copyable text selects all of it", async () => {
    const page = await browser.open(`${gateway.address}/reports/rents`);
    await page.getByText("DuckDB").click();
    await page.getByText("SELECT * FROM read_parquet").click();
    expect(await page.evaluate("getSelection().toString()")).toBe(
      `SELECT * FROM read_parquet('${gateway.address}/reports/rents.parquet');`,
    );
    await page.close();
  });

  test("the form refuses an invalid day, and accepts a valid one", async () => {
    const page = await browser.open(`${gateway.address}/reports/rents`);
    const isValid = (text: string) =>
      page.evaluate<boolean>(
        `((input) => { input.value = ${JSON.stringify(text)}; return input.checkValidity(); })(document.querySelector("#parameter-on"))`,
      );
    for (const day of [
      "2026-03-31",
      "today",
      "today+90d",
      "today 90d",
      "startOfWeek-2w",
      "endOfQuarter+1y-1d",
      "+1m",
    ])
      expect(await isValid(day), day).toBe(true);
    for (const day of ["", "31.3.2026", "todays", "today+d", "startOfDay"])
      expect(await isValid(day), day).toBe(false);
    await page.close();
  });
});
