import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type KeyedGateway, startKeyedGateway } from "../client/keyed-gateway.ts";
import { type Browser, chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const tab = (page: Page, name: string) => page.locator(".graphiql-tab-button", { hasText: name });
const run = (page: Page) => page.locator(".graphiql-execute-button").click();
// The editor shows blanks as no-break spaces, and renders only visible lines.
const text = async (page: Page, part: string) =>
  (await page.locator(`${part} .view-lines`).textContent())?.replaceAll("\u00a0", " ") ?? "";
const headerField = ".graphiql-editor-tool .graphiql-editor:not(.hidden)";
const answer = (page: Page) => text(page, ".result-window");

describe.runIf(chromiumPath)("in a browser without internet", { timeout: 60_000 }, () => {
  let browser: Browser;
  let open: TestGateway;
  let keyed: KeyedGateway;
  beforeAll(async () => {
    [browser, open, keyed] = await Promise.all([startBrowser(), startGateway(), startKeyedGateway()]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await Promise.all([open.close(), keyed.close()]);
  });
  beforeEach(() => {
    browser.wanted.length = 0;
    browser.complaints.length = 0;
  });

  test("the live page shows a live query's new answer and the change, with a key", async () => {
    const page = await browser.open(`${keyed.address}/live`);
    await page
      .locator("#answer", { hasText: "The request has no credentials" })
      .or(page.locator("#answer", { hasText: "asks for" }))
      .waitFor();
    browser.complaints.length = 0;
    await page.locator("#key").fill(keyed.key);
    await page.locator("#query").fill("query @live { units(first: 1) { nodes { almaId address } } }");
    await page.getByRole("button", { name: "Run" }).click();
    await page.locator("#answer", { hasText: "almaId" }).waitFor();
    const shown = JSON.parse((await page.locator("#answer").textContent()) ?? "");
    const id = shown.data.units.nodes[0].almaId;
    await page.waitForTimeout(1_000);
    keyed.simulator.data.units.change(id, { address: "Elsewhere" });
    const read = "query ($id: Int!) @freshness(maxAge: 0) { unit(ref: { almaId: $id }) { address } }";
    await keyed.query(read, { id }, { "x-api-key": keyed.key });
    await page.locator("#answer", { hasText: "Elsewhere" }).waitFor();
    await page.locator("#changes li", { hasText: `Unit:${id} changed address` }).waitFor();
    expect(browser.complaints).toEqual([]);
    expect(browser.wanted).toEqual([]);
    await page.close();
  });

  test("/graphiql opens with the examples as tabs and runs them, and nothing leaves the machine", async () => {
    const page = await browser.open(`${open.address}/graphiql`);
    await tab(page, "Buildings").waitFor();
    expect(await page.locator(".graphiql-tab-button").allInnerTexts()).toEqual([
      "Buildings",
      "EndingSoon",
      "DryRun",
    ]);
    await run(page);
    const [building] = open.simulator.data.buildings.all();
    await expect.poll(() => answer(page), { timeout: 20_000 }).toContain(`"name": "${building?.name}"`);

    await tab(page, "DryRun").click();
    await expect.poll(() => text(page, ".graphiql-query-editor")).toContain("mutation DryRun");
    // GraphiQL keeps the operation of the previous tab for a moment.
    const again = async () => {
      await run(page);
      return answer(page);
    };
    await expect.poll(again, { timeout: 20_000, interval: 1_000 }).toContain('"code": "INVALID');
    expect(await text(page, headerField)).not.toContain("Key");

    expect(browser.complaints).toEqual([]);
    expect(browser.wanted).toEqual([]);
    await page.close();
  });

  test("/graphiql shows a live query's new answer, and the events of a subscription", async () => {
    const page = await browser.open(`${open.address}/graphiql`);
    await tab(page, "Buildings").waitFor();
    const [unit] = open.simulator.data.units.all();
    const read = "query ($id: Int!) @freshness(maxAge: 0) { unit(ref: { almaId: $id }) { header } }";
    const change = async (header: string) => {
      open.simulator.data.units.change(unit?.id ?? 0, { header });
      await open.query(read, { id: unit?.id });
    };
    await open.query(read, { id: unit?.id });
    const ask = async (name: string, document: string) => {
      await page.locator("[aria-label='New tab']").click();
      await expect.poll(() => text(page, ".graphiql-query-editor")).not.toMatch(/query (Buildings|Live)/);
      await page.locator(".graphiql-query-editor .view-lines").first().click();
      await page.keyboard.press("Control+A");
      await page.keyboard.insertText(document);
      // The tab has the name once GraphiQL has parsed the document, which it runs by that name.
      await tab(page, name).waitFor();
    };
    const run = () => page.keyboard.press("Control+Enter");
    await ask("Live", `query Live @live { unit(ref: { almaId: ${unit?.id} }) { header } }`);
    await run();
    await expect.poll(() => answer(page), { timeout: 20_000 }).toContain(`"header": "${unit?.header}"`);
    await change("Live");
    await expect.poll(() => answer(page), { timeout: 20_000 }).toContain(`"header": "Live"`);
    // A running query is stopped.
    await run();
    await ask("Told", "subscription Told { changes { after } }");
    const streamed = page.waitForResponse((response) => response.url().endsWith("/graphql/stream"));
    await run();
    await streamed;
    await change("Told");
    await expect.poll(() => answer(page), { timeout: 20_000 }).toContain(`"after": "Told"`);
    await page.close();
  });

  test("/graphiql can be used on a phone", async () => {
    const page = await browser.open(`${open.address}/graphiql`);
    await page.setViewportSize({ width: 390, height: 844 });
    await tab(page, "Buildings").waitFor();
    await run(page);
    await expect.poll(() => answer(page), { timeout: 20_000 }).toMatch(/"\w+": /);
    const box = async (part: string) =>
      (await page.locator(part).first().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const [query, result] = [await box(".graphiql-query-editor"), await box(".result-window")];
    expect(result.y).toBeGreaterThanOrEqual(query.y + query.height);
    for (const { x, width } of [query, result]) {
      expect(width).toBeGreaterThan(300);
      expect(x + width).toBeLessThanOrEqual(390);
    }
    await page.close();
  });

  test("/graphiql shows the schema's documentation", async () => {
    const page = await browser.open(`${open.address}/graphiql`);
    await page.getByRole("button", { name: "Documentation Explorer" }).click();
    await page.locator(".graphiql-doc-explorer").getByRole("link", { name: "Query" }).click();
    await page.getByText("All queries. Root fields are nullable").waitFor({ timeout: 5_000 });
    await page.close();
  });

  test("/graphiql asks for a key if one is needed, and does not store it", async () => {
    const page = await browser.open(`${keyed.address}/graphiql`);
    await expect.poll(() => answer(page), { timeout: 20_000 }).toContain("UNAUTHENTICATED");
    await expect.poll(() => text(page, ".graphiql-query-editor")).toContain("# Add your key under Headers");
    await page.getByRole("button", { name: "Headers" }).click();
    await page.locator(`${headerField} .view-lines`).click();
    // The editor closes the brace and the quotation marks.
    await page.keyboard.insertText(`{"X-Api-Key": "${keyed.key}"}`);
    await run(page);
    const [building] = keyed.simulator.data.buildings.all();
    await expect.poll(() => answer(page), { timeout: 20_000 }).toContain(`"name": "${building?.name}"`);
    const kept = await page.evaluate("JSON.stringify(localStorage) + document.cookie");
    expect(kept).toContain("query Buildings");
    expect(kept).not.toContain(keyed.key);
    expect(browser.wanted).toEqual([]);
    await page.close();
  });

  test("/ is Apollo Sandbox, which needs the internet; without it the page says where else to look", async () => {
    const page = await browser.open(open.address);
    expect(await page.title()).toBe("Sandbox – Alma gateway");
    expect(browser.wanted).toEqual([
      "https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js",
    ]);
    await page.locator("#offline").getByRole("link", { name: "GraphiQL" }).click();
    await tab(page, "Buildings").waitFor();
    await page.close();
  });
});
