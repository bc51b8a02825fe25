import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ size: 0 });
});
afterAll(() => gateway.close());

const asBrowser = { headers: { accept: "text/html,application/xhtml+xml" } };

test("/ is Apollo Sandbox in a browser, which is redirected there from /graphql", async () => {
  for (const path of ["/", "/graphql"]) {
    const page = await fetch(gateway.address + path, asBrowser);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await page.text()).toContain("EmbeddedSandbox");
  }
});

test("/graphiql is self-contained and may reach only this server", async () => {
  const response = await fetch(`${gateway.address}/graphiql`, { headers: { "accept-encoding": "gzip" } });
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:|\*/);
  const html = await response.text();
  const head = html.slice(0, html.indexOf("<script>"));
  expect(/<(script|link|img|iframe)[^>]*\s(src|href)="(?!data:)/.test(head)).toBe(false);
  expect(/<script[^>]+src/.test(html)).toBe(false);
  expect(html.includes("tenantContracts")).toBe(true);
  expect(html.slice(-5_000)).not.toContain("X-Api-Key");
});

test("/graphiql is compressed as its client accepts, and revalidated by its ETag", async () => {
  const get = (headers: Record<string, string>) => fetch(`${gateway.address}/graphiql`, { headers });
  const response = await get({ "accept-encoding": "gzip, deflate, br" });
  expect(response.headers.get("content-encoding")).toBe("br");
  expect(Number(response.headers.get("content-length"))).toBeLessThan(2_600_000);
  const html = await response.text();
  expect((await (await get({ "accept-encoding": "gzip" })).text()) === html).toBe(true);
  const plain = await get({ "accept-encoding": "identity" });
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect((await plain.text()) === html).toBe(true);
  const etag = response.headers.get("etag") ?? "";
  expect((await get({ "if-none-match": etag })).status).toBe(304);
});

test("explorers can be disabled", async () => {
  const closed = await startGateway({ size: 0 }, { INTROSPECTION: "off" });
  for (const path of ["/", "/graphql", "/graphiql"])
    expect(await (await fetch(closed.address + path, asBrowser)).text()).not.toContain("Sandbox");
  const response = await fetch(`${closed.address}/graphiql`);
  expect(response.status).toBe(404);
  expect(await response.text()).toContain("disabled at this gateway by the setting INTROSPECTION");
  await closed.close();
});

test("explorers need no key", async () => {
  const { record } = createApiKey("reader", ["read"], null);
  const keyed = await startGateway({ size: 0 }, { API_KEYS: JSON.stringify([record]) });
  expect((await fetch(`${keyed.address}/graphiql`)).status).toBe(200);
  expect(await (await fetch(keyed.address, asBrowser)).text()).toContain("EmbeddedSandbox");
  await keyed.close();
});
