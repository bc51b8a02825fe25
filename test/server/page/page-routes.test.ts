import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { html } from "../../../src/server/index.ts";
import { smallGraph, start } from "../http/small-graph.ts";

let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  server = await start();
});
afterAll(() => server.close());

test("/ describes the gateway, also in a browser if there is no start page", async () => {
  const curl = await fetch(server.url, { headers: { accept: "*/*" } });
  expect(curl.headers.get("content-type")).toContain("text/plain");
  const text = await curl.text();
  expect(text).toContain(`${server.url}/graphql`);
  expect(text).toContain("It is open");
  expect(text).not.toContain("/files");
  const inBrowser = await fetch(server.url, { headers: { accept: "text/html,application/xhtml+xml" } });
  expect(await inBrowser.text()).toBe(text);
});

test("a browser gets the start page at /, and is redirected there from /graphql", async () => {
  const startPage = { title: "Here", page: "Start", about: "where to start", body: html`<p id="here">` };
  const { record } = createApiKey("reader", ["read"], null);
  // It needs no key because nothing is executed.
  const started = await start(undefined, { API_KEYS: JSON.stringify([record]) }, 0, () => ({ startPage }));
  const headers = { accept: "text/html,application/xhtml+xml" };
  for (const path of ["/", "/graphql"]) {
    const page = await fetch(started.url + path, { headers });
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await page.text()).toContain('<a href="/" aria-current="page">Start</a>');
  }
  expect(await (await fetch(started.url)).text()).toContain("where to start");
  for (const [accept, expected] of [
    ["text/html, application/json;q=0.1", [302, "/"]],
    ["text/html;q=0.1, application/json", [401, null]],
    ["text/html;q=0, */*", [401, null]],
  ] as const) {
    const { status, headers: answered } = await fetch(`${started.url}/graphql`, {
      headers: { accept, "apollo-require-preflight": "1" },
      redirect: "manual",
    });
    expect([status, answered.get("location")], accept).toEqual(expected);
  }
  await started.close();
});

test("/schema.graphql is the SDL with its directives, shown as a page in a browser", async () => {
  const page = await fetch(`${server.url}/schema.graphql`, { headers: { accept: "text/html" } });
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(await page.text()).toContain("type Query");
  const sdl = await (await fetch(`${server.url}/schema.graphql`)).text();
  expect(sdl).toContain("type Query");
  expect(sdl).toContain("directive @requiresScope");
});

test("the schema and metrics can be disabled", async () => {
  const closed = await start(undefined, {
    INTROSPECTION: "off",
    METRICS: "off",
  });
  for (const [path, setting] of [
    ["/schema.graphql", "INTROSPECTION"],
    ["/metrics", "METRICS"],
  ]) {
    const response = await fetch(`${closed.url}${path}`);
    expect(response.status).toBe(404);
    expect(((await response.json()) as { errors: { message: string }[] }).errors[0]?.message).toContain(
      `disabled at this gateway by the setting ${setting}`,
    );
  }
  const described = await (await fetch(closed.url)).text();
  expect(described).toContain("The setting INTROSPECTION switches its schema and explorers off.");
  const asked = await closed.post("{ __schema { types { name } } }");
  expect(asked.body.errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
  expect(asked.body.errors[0].message).toContain("by the setting INTROSPECTION");
  const misspelt = await closed.post("{ helo }");
  expect(misspelt.body.errors[0].message).not.toContain("Did you mean");
  await closed.close();
});

test("with keys, schema and introspection need a key", async () => {
  const { key, record } = createApiKey("reader", ["read"], null);
  const keyed = await start(undefined, { API_KEYS: JSON.stringify([record]) });
  const headers = { "x-api-key": key };
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
  const graph = { ...smallGraph(), progress: () => ({ warm, kinds: [], known: 7, of: 9 }) };
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
