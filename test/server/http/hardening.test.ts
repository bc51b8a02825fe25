import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { start } from "./small-graph.ts";

/**
 * Attacks of an unauthenticated caller on a production configuration: not on loopback, without explorers and
 * introspection. The gateway requires no keys here, so that no request is refused for a missing key.
 */
let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  server = await start(undefined, { HOST: "0.0.0.0", AUTH: "off" });
  server.url = server.url.replace("0.0.0.0", "127.0.0.1");
});
afterAll(() => server.close());

const send = (init: RequestInit, search = "") => fetch(`${server.url}/graphql${search}`, init);
const sendJson = (body: unknown) =>
  send({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

test("misspelt fields, arguments, types and enum values get no suggestion", async () => {
  const misspelt = [
    "query cop { helo }",
    '{ hello(nam: "x") }',
    "{ hello { ... on Quer { hello } } }",
    "query ($x: Strin) { hello(name: $x) }",
  ];
  for (const query of misspelt) {
    const { body } = await server.post(query);
    expect(body.errors[0].message).not.toMatch(/did you mean/i);
  }
});

test.each(["/", "/graphiql", "/playground", "/console", "/graphql"])(
  "no explorer exists at %s",
  async (path) => {
    const response = await fetch(server.url + path, { headers: { accept: "text/html" } });
    expect(await response.text()).not.toMatch(/graphiql|playground|sandbox/i);
  },
);

describe("cross-site requests", () => {
  test("queries by plain GET are refused", async () => {
    expect((await send({}, "?query=query%20cop%20%7B__typename%7D")).status).toBe(400);
  });

  test("mutations by GET are refused, with a key as well", async () => {
    const search = `?query=${encodeURIComponent('mutation cop { rename(name: "x") }')}`;
    expect((await send({}, search)).status).toBe(400);
    expect((await send({ headers: { "x-api-key": "k" } }, search)).status).toBe(405);
  });

  test.each([
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=b",
    "text/plain; application/json",
  ])("POSTs of %s are refused", async (type) => {
    const body = new TextEncoder().encode("query=query%20cop%20%7B__typename%7D");
    const response = await send({ method: "POST", headers: { "content-type": type }, body });
    expect(response.status).toBe(415);
  });

  test("no other origin is allowed", async () => {
    const preflight = await send({
      method: "OPTIONS",
      headers: {
        origin: "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  });
});

test("responses have no trace and no stack, whatever fails", async () => {
  const traced = await (
    await sendJson({ query: "query cop { __typename }", extensions: { tracing: true } })
  ).json();
  expect(traced.extensions?.tracing).toBeUndefined();
  for (const body of [
    { query: "qwerty cop { abc }" },
    { query: "{ fail }" },
    { query: 3 },
    { query: "{" },
    {},
    null,
    "x",
  ]) {
    const text = await (await sendJson(body)).text();
    expect(text).not.toMatch(/stacktrace|exception|node_modules|\.ts:|\.js:/);
  }
});

test("headers forbid sniffing, framing and referrers", async () => {
  const response = await fetch(`${server.url}/`);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("x-frame-options")).toBe("DENY");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(response.headers.get("x-powered-by")).toBeNull();
});
