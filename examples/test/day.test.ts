import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSimulator, type Simulator } from "../../simulator/index.ts";
import { startIssuer } from "../../src/demo/issuer.ts";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { startSite } from "../../test/client/site.ts";
import { type Browser, startBrowser } from "../../test/support/browser.ts";
import { type StartedGateway, startInFront } from "../../test/support/gateway.ts";
import { startTroubledProxy, type TroubledProxy } from "../../test/support/troubled-proxy.ts";
import { examples, folderOf, readManifest, runScript, writeSchema } from "./app.ts";

// The screens of ../README.md in Chromium, with each client, during various failures. The gateway accepts only
// persisted documents.

const poll: typeof expect.poll = (get) => expect.poll(get, { timeout: 30_000 });
const boss = createApiKey("Maria", ["read", "personal", "write", "audit"], null);
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

let alma: Simulator;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
let site: Awaited<ReturnType<typeof startSite>>;
let network: TroubledProxy;
/** In front of the issuer of tokens. */
let identity: TroubledProxy;
let gateway: StartedGateway;
let start: () => Promise<StartedGateway>;
let browser: Browser;

beforeAll(async () => {
  alma = await createSimulator({ switches: { imageForm: "both" } });
  [issuer, site, network] = [await startIssuer(60), await startSite(), await startTroubledProxy("http://127.0.0.1:1")];
  identity = await startTroubledProxy(new URL(issuer.tokenUrl).origin);
  const manifest = join(mkdtempSync(join(tmpdir(), "examples-")), "manifest.json");
  start = () =>
    startInFront(alma, {
      ...issuer.env,
      ...{ API_KEYS: JSON.stringify([boss.record]), CORS_ORIGINS: site.origin, CATALOG: "on", MEDIA: "proxy" },
      ...{ PERSISTED_DOCUMENTS: "required", PERSISTED_MANIFEST: manifest, RATE_LIMIT: "100000", LOG_LEVEL: "silent" },
    });
  writeFileSync(manifest, "{}");
  gateway = await start();
  const published = await fetch(`${gateway.address}/schema.graphql`, { headers: { "x-api-key": boss.key } });
  const schema = await published.text();
  const env = { VITE_GATEWAY: network.address, VITE_TOKENS: `${identity.address}/token` };
  for (const example of examples) {
    writeSchema(example, schema);
    await runScript(example, "build:persisted", env);
    await runScript(example, "check");
  }
  const own = { change, touch, look };
  const all = [...examples.map(readManifest), Object.fromEntries(Object.entries(own))];
  writeFileSync(manifest, JSON.stringify(Object.assign({}, ...all)));
  await gateway.close();
  gateway = await start();
  network.lead(gateway.address);
}, 300_000);
afterAll(async () => {
  await gateway.close();
  await alma.close();
  for (const { close } of [issuer, identity, site, network]) close();
});

// The test's own queries to the gateway.
const change =
  "mutation Change($id: Int!, $header: String!) { updateUnit(ref: { almaId: $id }, input: { header: $header }) { userErrors { message } } }";
const touch = "query Touch($id: Int!) @freshness(maxAge: 0) { unit(ref: { almaId: $id }) { header } }";
const look =
  "{ units(filter: { isArchived: false }, first: 1000, orderBy: [{ field: NAME }]) { totalCount nodes { name tenantContracts { totalCount } } } }";
const ask = (query: string, variables = {}) => gateway.query(query, variables, { "x-api-key": boss.key });

describe.each(examples)("%s", { timeout: 120_000 }, (example) => {
  let page: Page;
  /** A unit with photos and contracts. */
  const id = () =>
    alma.data.units
      .all()
      .find(
        ({ id, is_archived: archived, photos }) =>
          !archived && photos?.length && alma.data.tenantContracts.by("unit_id", id).length > 0,
      )?.id ?? 0;
  const open = async (person = "ann", hash = `#/units/Unit:${id()}`) => {
    const opened = await browser.context.newPage();
    await opened.clock.install();
    await opened.goto(`${site.origin}/${hash}`);
    await opened.getByLabel("Name").fill(person);
    await opened.getByRole("button", { name: "Sign in" }).click();
    return opened;
  };
  const status = (at = page) => at.getByRole("status").textContent();
  const header = (at = page) => at.locator("p.header").textContent();
  const click = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const goTo = (hash: string) => page.evaluate((next) => location.assign(next), hash);
  let changes = 0;
  /** Another user changes the unit. */
  const changeHeader = async () => {
    const header = `${example} ${++changes}`;
    alma.data.units.change(id(), { header });
    await ask(touch, { id: id() });
    return header;
  };
  const pass = async (seconds: number, at = page, step = 5) => {
    for (let passed = 0; passed < seconds; passed += step) {
      await at.clock.runFor(step * 1_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const see = (at: Page, state: "visible" | "hidden") =>
    at.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, state);
  const isRight = async (at = page) => {
    const next = await changeHeader();
    await poll(() => header(at)).toBe(next);
  };

  beforeAll(() => site.show(join(folderOf(example), "dist")));
  beforeEach(async () => {
    browser = await startBrowser();
    for (const proxy of [network, identity]) proxy.set("pass");
    page = await open();
    await poll(() => status()).toBe("Live");
    return () => browser.close();
  });

  test("has a list with filters and endless scroll", async () => {
    await goTo("#/units");
    const { data } = await ask(look);
    const names: string[] = data.units.nodes.map(({ name }: { name: string }) => name);
    const rows = () => page.locator(".rows span").allTextContents();
    await poll(() => page.locator(".total").textContent()).toBe(`${data.units.totalCount} units`);
    for (let seen = 0; seen < names.length; ) {
      await page.mouse.wheel(0, 10_000);
      await poll(async () => (await rows()).length).toBeGreaterThan(seen);
      seen = (await rows()).length;
    }
    expect(await rows()).toEqual(names);
    await page.getByLabel("Search").fill(names[3] ?? "");
    await click("Search");
    await poll(rows).toEqual(names.filter((name) => name.includes(names[3] ?? "")));
    await page.getByLabel("Rent from").fill("abc");
    await click("Search");
    await poll(() => page.locator("label:has([name=min]) em").allTextContents()).toEqual([
      expect.stringContaining('"abc" is not a decimal number'),
    ]);
  });

  test("has a record with photos and contracts, a form that overwrites nothing unseen, and an upload", async () => {
    const unit = alma.data.units.get(id());
    await poll(() => page.locator("h1").textContent()).toBe(unit?.name);
    const photos = page.locator(".photos img");
    const before = await photos.count();
    expect(before).toBe(unit?.photos?.length);
    await poll(() => photos.first().evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);

    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByLabel("Header").fill("Mine");
    await page.getByLabel("Rent").fill("12,50");
    await ask(change, { id: id(), header: "Theirs" });
    await click("Save");
    await poll(() => page.locator("label:has([name=goalRentCost]) em").allTextContents()).toEqual([
      expect.stringContaining('"12,50" is not a decimal number'),
    ]);
    await page.getByLabel("Rent").fill("1250");
    await click("Save");
    await poll(() => page.locator(".conflict p").allTextContents()).toEqual([
      expect.stringMatching(
        new RegExp(`^You saw ${unit?.header ? ".+" : "nothing"}\\. Now it is Theirs, since .*, by Maria\\.$`),
      ),
    ]);
    await click("Take theirs");
    expect(await page.getByLabel("Header").inputValue()).toBe("Theirs");
    await page.getByLabel("Header").fill("Both");
    await click("Save");
    await poll(() => header()).toBe("Both");
    await poll(() => page.locator("dd").allTextContents()).toContain("1250.00");

    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByLabel("Header").fill("Mine");
    await ask(change, { id: id(), header: "Theirs again" });
    await click("Save");
    await click("Keep mine");
    await click("Save");
    await poll(() => header()).toBe("Mine");

    await page.getByRole("link", { name: "Add a photo" }).click();
    await page.getByLabel("Photo").setInputFiles({ name: "room.png", mimeType: "image/png", buffer: pixel });
    await click("Add");
    await poll(() => photos.count()).toBe(before + 1);
  });

  test("has a live screen with counts and changes", async () => {
    await goTo("#/live");
    await poll(() => page.locator("h1").textContent()).toMatch(/^\d+ units$/);
    await poll(() => status()).toBe("Live");
    // The subscription may open after the live query, and shows changes from then on.
    await poll(async () => {
      await changeHeader();
      return page.locator(".changes li").count();
    }).toBeGreaterThan(0);
    const next = await changeHeader();
    await poll(() => page.locator(".changes li").first().textContent()).toContain(next);
  });

  test("survives tokens of 60 s", async () => {
    await pass(150);
    await poll(() => status()).toBe("Live");
    await isRight();
  });

  test("keeps a record and says since when, while the network is silent or closed and the gateway is at capacity", async () => {
    for (const trouble of ["silent", "closed", "full", "failing"] as const) {
      const before = await header();
      for (const proxy of [network, identity]) proxy.set(trouble);
      await pass(180);
      await poll(() => status()).toMatch(/^Waiting since \d/);
      expect(await header()).toBe(before);
      for (const proxy of [network, identity]) proxy.set("pass");
      await pass(45);
      await isRight();
      await poll(() => status()).toMatch(/^(Live|Refreshed)/);
    }
  });

  test("recovers after the gateway was restarted, on the live screen too", async () => {
    await goTo("#/live");
    await poll(() => page.locator("h1").textContent()).toMatch(/^\d+ units$/);
    const lines = () => page.locator(".changes li").allTextContents();
    await poll(() => network.streams()).toBe(2);
    const before = await changeHeader();
    await poll(lines).toEqual([expect.stringContaining(before)]);
    await gateway.close();
    network.set("closed");
    await pass(20);
    await poll(() => status()).toMatch(/^Waiting since \d/);
    expect(await page.locator("h1").textContent()).toMatch(/^\d+ units$/);
    gateway = await start();
    network.lead(gateway.address);
    network.set("pass");
    await pass(45);
    await poll(() => status()).toMatch(/^(Live|Refreshed)/);
    const next = await changeHeader();
    await poll(lines).toEqual([expect.stringContaining(next), expect.stringContaining(before)]);
    await goTo(`#/units/Unit:${id()}`);
    await isRight();
  });

  test("shows a screen that was opened in trouble once it is over, without a click", async () => {
    for (const trouble of ["silent", "closed", "full", "failing"] as const) {
      network.set(trouble);
      await page.reload();
      await pass(45);
      await poll(() => status()).toMatch(/^Waiting since \d/);
      network.set("pass");
      await pass(45);
      await isRight();
    }
  });

  test("keeps a list whose next page can't be read, doesn't ask in a loop, and continues after a click", async () => {
    await page.setViewportSize({ width: 1280, height: 300 });
    await goTo("#/units");
    const rows = () => page.locator(".rows span").count();
    const total = () => page.locator(".total").textContent();
    await poll(total).toMatch(/^\d+ units$/);
    const [shown, known] = [await rows(), await total()];
    network.set("full");
    const asked = network.paths.length;
    await page.mouse.wheel(0, 10_000);
    await poll(() => page.getByRole("alert").textContent()).toContain("The gateway does not answer.");
    await pass(5);
    expect(network.paths.length - asked).toBeLessThan(10);
    expect([await rows(), await total()]).toEqual([shown, known]);
    network.set("pass");
    await click("Try again");
    await poll(rows).toBeGreaterThan(shown);
  });

  test("has one stream, however many records were opened before", async () => {
    const others = alma.data.units.all().filter(({ is_archived: archived }) => !archived);
    for (const { id } of others.slice(0, 6)) {
      await goTo(`#/units/Unit:${id}`);
      await poll(() => page.locator("article a").first().getAttribute("href")).toBe(`#/units/Unit:${id}/edit`);
    }
    await goTo(`#/units/Unit:${id()}`);
    await isRight();
    await pass(5);
    await poll(() => network.streams()).toBe(1);
  });

  test("keeps a record below the sign-in when no new token is given, and shows another person nothing of it", async () => {
    const before = await header();
    const token = `${identity.address}/token`;
    const refusal = { status: 400, headers: { "access-control-allow-origin": "*" }, body: '{"error":"invalid_grant"}' };
    const sign = async (name: string) => {
      await page.unroute(token);
      await page.getByLabel("Name").fill(name);
      await click("Sign in");
      await poll(() => status()).toBe("Live");
    };
    for (const person of ["ann", "ben"]) {
      await page.route(token, (route) => route.fulfill(refusal));
      await pass(90);
      await poll(() => status()).toBe("Signed out");
      expect(await header()).toBe(before);
      await sign(person);
    }
    await poll(() => header()).toBe(before);
    expect(await page.locator(".contracts").textContent()).not.toContain("@");
  });

  test("is refreshed every 10 s behind a proxy that holds back 4 KiB", async () => {
    network.set("held");
    await page.reload();
    await pass(20);
    await poll(() => status()).toBe("Refreshed every 10 s");
    const next = await changeHeader();
    await pass(20);
    await poll(() => header()).toBe(next);
  });

  test("closes its streams in hidden tabs, and catches up when shown or when the computer wakes", async () => {
    await see(page, "hidden");
    await poll(() => network.streams()).toBe(0);
    const next = await changeHeader();
    await pass(60);
    await see(page, "visible");
    await poll(() => header()).toBe(next);
    await poll(() => status()).toBe("Live");
    network.set("silent");
    await page.clock.fastForward(3_600_000);
    network.set("pass");
    await pass(20);
    await isRight();
  });

  test("works in eight tabs of one person, and shows a second person in the same browser only their own data", async () => {
    const pages = [page];
    while (pages.length < 8) pages.push(await open());
    for (const tab of pages) await poll(() => status(tab)).toBe("Live");
    expect(network.streams()).toBe(1);
    const next = await changeHeader();
    for (const tab of pages) await poll(() => header(tab)).toBe(next);

    const ben = await open("ben");
    await poll(() => status(ben)).toBe("Live");
    expect(network.streams()).toBe(2);
    await isRight(ben);
    const emails = (tab: Page) =>
      tab
        .locator(".contracts")
        .textContent()
        .then((text) => text?.includes("@"));
    await poll(() => emails(page)).toBe(true);
    expect(await emails(ben)).toBe(false);
  });
});
