import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import type { Graph } from "../../../src/server/index.ts";
import { smallGraph, start } from "../http/small-graph.ts";

let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  server = await start();
});
afterAll(() => server.close());

test("/ is Apollo Sandbox for a browser, and a description for curl", async () => {
  const browser = await fetch(server.url, { headers: { accept: "text/html,application/xhtml+xml" } });
  expect(browser.headers.get("content-type")).toContain("text/html");
  expect(await browser.text()).toContain("EmbeddedSandbox");
  const curl = await fetch(server.url, { headers: { accept: "*/*" } });
  expect(curl.headers.get("content-type")).toContain("text/plain");
  const text = await curl.text();
  expect(text).toContain(`${server.url}/graphql`);
  expect(text).toContain("It is open");
  expect(text).not.toContain("/files");
});

test("/graphiql is self-contained and may reach only this server", async () => {
  const response = await fetch(`${server.url}/graphiql`, { headers: { "accept-encoding": "gzip" } });
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

test("/graphiql is compressed as its client accepts, and known by its ETag", async () => {
  const get = (headers: Record<string, string>) => fetch(`${server.url}/graphiql`, { headers });
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

test("/schema.graphql is the SDL with its directives, which a browser shows as a page", async () => {
  const page = await fetch(`${server.url}/schema.graphql`, { headers: { accept: "text/html" } });
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(await page.text()).toContain("type Query");
  const sdl = await (await fetch(`${server.url}/schema.graphql`)).text();
  expect(sdl).toContain("type Query");
  expect(sdl).toContain("directive @requiresScope");
});

test("explorers and schema can be switched off", async () => {
  const closed = await start(undefined, {
    INTROSPECTION: "off",
    METRICS: "off",
  });
  const browser = await fetch(closed.url, { headers: { accept: "text/html" } });
  expect(await browser.text()).not.toContain("Sandbox");
  for (const [path, setting] of [
    ["/graphiql", "INTROSPECTION"],
    ["/schema.graphql", "INTROSPECTION"],
    ["/metrics", "METRICS"],
  ]) {
    const response = await fetch(`${closed.url}${path}`);
    expect(response.status).toBe(404);
    expect(((await response.json()) as { errors: { message: string }[] }).errors[0]?.message).toContain(
      `switched off at this gateway by the setting ${setting}`,
    );
  }
  const described = await (await fetch(closed.url)).text();
  expect(described).toContain("The setting INTROSPECTION switches its schema and explorers off.");
  const page = await fetch(`${closed.url}/graphql`, { headers: { accept: "text/html", "x-api-key": "k" } });
  expect(await page.text()).not.toContain("Sandbox");
  const asked = await closed.post("{ __schema { types { name } } }");
  expect(asked.body.errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
  expect(asked.body.errors[0].message).toContain("by the setting INTROSPECTION");
  const misspelt = await closed.post("{ helo }");
  expect(misspelt.body.errors[0].message).not.toContain("Did you mean");
  await closed.close();
});

test("with keys, explorers are served, and schema and introspection need a key", async () => {
  const { key, record } = createApiKey("reader", ["read"], null);
  const keyed = await start(undefined, { API_KEYS: JSON.stringify([record]) });
  const headers = { "x-api-key": key };
  expect((await fetch(`${keyed.url}/graphiql`)).status).toBe(200);
  expect((await fetch(`${keyed.url}/schema.graphql`)).status).toBe(401);
  expect(await (await fetch(`${keyed.url}/schema.graphql`, { headers })).text()).toContain("type Query");
  const query = "{ __schema { queryType { name } } }";
  expect((await keyed.post(query)).status).toBe(401);
  const body = JSON.stringify({ query });
  const json = { ...headers, "content-type": "application/json" };
  const asked = await fetch(`${keyed.url}/graphql`, { method: "POST", headers: json, body });
  expect(await asked.json()).toMatchObject({ data: { __schema: { queryType: { name: "Query" } } } });
  await keyed.close();
});

test("health shows liveness, readiness and progress", async () => {
  let warm = false;
  const graph = { ...smallGraph(), progress: () => ({ warm, known: 7, of: 9 }) } as Graph;
  const warming = await start(graph);
  const live = await fetch(`${warming.url}/health/live`);
  expect(live.status).toBe(200);
  const before = await fetch(`${warming.url}/health/ready`);
  expect(before.status).toBe(503);
  expect(await before.json()).toMatchObject({ status: "warming up", catalog: { known: 7, of: 9 } });
  warm = true;
  const after = await fetch(`${warming.url}/health/ready`);
  expect(after.status).toBe(200);
  expect(await after.json()).toMatchObject({ status: "ready", access: expect.stringContaining("open") });
  await warming.close();
});
