import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allFaultsOf } from "../support/axe.ts";
import { type Browser, chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const paths = ["/reports", "/imports", "/graphiql", "/live", "/schema.graphql", "/"];
const settings = { CATALOG: "on", REPORTS: "", IMPORTS: "" };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({}, settings);
  await gateway.warm();
}, 60_000);
afterAll(() => gateway.close());

const get = async (path: string, accept = "text/html", at = gateway) =>
  (await fetch(at.address + path, { headers: { accept } })).text();
/** The links of the navigation, and which of them are current. */
function navigationOf(text: string) {
  const [, links = ""] =
    /<header class="bar"><nav aria-label="Gateway">(.*?)<\/nav><\/header>/s.exec(text) ?? [];
  return [...links.matchAll(/<a href="([^"]+)"(?: aria-current="(\w+)")?>([^<]+)<\/a>/g)].map(
    ([, path, current, name]) => ({ path, current, name }),
  );
}

test.each(paths)("%s has the same navigation as every other page, and is current in it", async (path) => {
  const links = navigationOf(await get(path));
  expect(links.map((link) => link.path)).toEqual(paths);
  expect(links.map(({ name }) => name)).toEqual([
    "Reports",
    "Imports",
    "GraphiQL",
    "Live",
    "Schema",
    "Sandbox",
  ]);
  expect(links.filter(({ current }) => current)).toMatchObject([{ path, current: "page" }]);
});

test.each([
  ["/reports/rent-roll", "Reports"],
  ["/reports/nothing", "Reports"],
  ["/imports/nothing", "Imports"],
])("%s is a page of %s", async (path, name) => {
  const text = await get(path);
  expect(navigationOf(text).filter(({ current }) => current)).toMatchObject([{ name, current: "true" }]);
  expect(text).toMatch(new RegExp(`<title>[^<]+ – ${name}</title>`));
});

test("a browser that opens /graphql gets to the explorer", async () => {
  expect(navigationOf(await get("/graphql"))).toHaveLength(paths.length);
});

test("/ lists all addresses for programs, pages of the navigation first", async () => {
  const text = await get("/", "*/*");
  for (const path of [...paths, "/graphql", "/graphql/stream", "/changes", "/health/ready"])
    expect(text).toMatch(new RegExp(`^  ${gateway.address}${path} +\\S`, "m"));
  const listed = [...text.matchAll(/^ {2}(http\S+) {2}/gm)].map(([, address = ""]) => address);
  // Some accept only POST; all exist.
  for (const address of listed) {
    const allowed = await fetch(address, { method: "OPTIONS" });
    const [got, posted] = await Promise.all([
      address.endsWith("/changes") ? allowed : fetch(address),
      fetch(address, { method: "POST" }),
    ]);
    expect([got.status, posted.status], address).not.toEqual([404, 404]);
  }
});

test("without explorers, neither the navigation nor the list has them", async () => {
  const closed = await startGateway({}, { ...settings, INTROSPECTION: "off" });
  await closed.warm();
  expect(navigationOf(await get("/reports", undefined, closed)).map(({ path }) => path)).toEqual([
    "/reports",
    "/imports",
  ]);
  const text = await get("/", "*/*", closed);
  for (const path of ["/graphiql", "/schema.graphql", "/live", "/"])
    expect(text).not.toContain(`${closed.address}${path} `);
  await closed.close();
});

describe.runIf(chromiumPath)("in Chromium", { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser.close());

  test.each(paths)("%s has no fault that axe finds, wide and narrow, in light and dark", async (path) => {
    const page = await browser.open(gateway.address + path);
    // The rest of GraphiQL is its own.
    expect(await allFaultsOf(page, path === "/graphiql" ? ".bar" : undefined)).toEqual([]);
    await page.close();
  });

  test.each(paths)("%s fits a phone", async (path) => {
    const page = await browser.open(gateway.address + path);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await page.close();
  });
});
