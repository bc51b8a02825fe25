import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";
import { startSite } from "./site.ts";

const query = "{ units(first: 1) { totalCount } }";

/** What a page's script gets from `fetch`: status, body and request id, or the error of a blocked request. */
function fetchFrom(page: Page, url: string, init: object = {}) {
  return page.evaluate<{ status?: number; body?: string; requestId?: string | null; error?: string }>(`
    fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(
      async (r) => ({ status: r.status, body: await r.text(), requestId: r.headers.get("x-request-id") }),
      (error) => ({ error: String(error) }),
    )
  `);
}

describe.runIf(chromiumPath)("a page in a browser", { timeout: 60_000 }, () => {
  let browser: Browser;
  let keyed: KeyedGateway;
  let open: TestGateway;
  let ours: Awaited<ReturnType<typeof startSite>>;
  let strange: Awaited<ReturnType<typeof startSite>>;
  const post = (headers: object = {}) => ({
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });

  beforeAll(async () => {
    ours = await startSite();
    strange = await startSite();
    const env = { CORS_ORIGINS: ours.origin };
    keyed = await startKeyedGateway({}, env);
    open = await startGateway({}, env);
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await Promise.all([keyed.close(), open.close()]);
    for (const site of [ours, strange]) site.close();
  });
  beforeEach(() => {
    keyed.asked();
    open.asked();
  });

  test("of a configured origin reads by POST and by GET, with a key of its own", async () => {
    const page = await browser.open(ours.origin);
    const headers = { "x-api-key": keyed.key };
    const posted = await fetchFrom(page, keyed.url, post(headers));
    const { size } = keyed.simulator.data.units;
    expect(JSON.parse(posted.body ?? "")).toMatchObject({ data: { units: { totalCount: size } } });
    expect(posted.requestId).toBeTruthy();
    const got = await fetchFrom(page, `${keyed.url}?query=${encodeURIComponent(query)}`, { headers });
    expect(JSON.parse(got.body ?? "")).toMatchObject({ data: { units: { totalCount: size } } });
    const bearer = await fetchFrom(page, keyed.url, post({ authorization: `Bearer ${keyed.key}` }));
    expect(bearer.status).toBe(200);
    await page.close();
  });

  test("of a configured origin can read why it is refused", async () => {
    const page = await browser.open(ours.origin);
    const refused = await fetchFrom(page, keyed.url, post());
    expect(refused.status).toBe(401);
    expect(refused.body).toContain("UNAUTHENTICATED");
    await page.close();
  });

  test("of another origin gets nothing and causes no call to Alma, even with a key", async () => {
    const page = await browser.open(strange.origin);
    const headers = { "x-api-key": keyed.key };
    for (const { url } of [keyed, { url: `${open.address}/graphql` }]) {
      expect(await fetchFrom(page, url, post(headers))).toEqual({ error: "TypeError: Failed to fetch" });
      const get = `${url}?query=${encodeURIComponent(query)}`;
      expect(await fetchFrom(page, get, { headers })).toEqual({ error: "TypeError: Failed to fetch" });
    }
    expect([...keyed.asked(), ...open.asked()]).toEqual([]);
    await page.close();
  });

  test("of another origin cannot make an open gateway do anything by requests without a preflight", async () => {
    const page = await browser.open(strange.origin);
    const url = `${open.address}/graphql`;
    const body = JSON.stringify({ query });
    const blind = { mode: "no-cors", method: "POST", body };
    await fetchFrom(page, url, { ...blind, headers: { "content-type": "text/plain" } });
    await fetchFrom(page, url, {
      ...blind,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    await fetchFrom(page, `${url}?query=${encodeURIComponent(query)}`, { mode: "no-cors" });
    expect(open.asked()).toEqual([]);
    await page.close();
  });
});
