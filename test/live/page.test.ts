import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

describe.runIf(chromiumPath)("the page /live, in Chromium,", { timeout: 60_000 }, () => {
  let browser: Browser;
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  test("continues from now after changes that the gateway has lost", async () => {
    const page = await browser.open("about:blank");
    const asked: (string | null)[] = [];
    const change = { cursor: "lost", event: "UPDATED", recordId: "Unit:1", field: null, origin: "ALMA" };
    const expired = { message: "Some changes are unknown.", extensions: { code: "CURSOR_EXPIRED" } };
    await page.route(/\/changes\?/, (route) => {
      const after = new URL(route.request().url()).searchParams.get("after");
      asked.push(after);
      return after === "now"
        ? route.fulfill({ body: `${JSON.stringify(change)}\n` })
        : route.fulfill({ status: 410, body: JSON.stringify({ errors: [expired] }) });
    });
    await page.goto(`${gateway.address}/live`);
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(3);
    expect(asked.slice(0, 4)).toEqual(["now", "lost", "now", "lost"]);
    expect(await page.locator("#changes li").allTextContents()).toContain("Some changes are unknown.");
    await page.close();
  });
});
