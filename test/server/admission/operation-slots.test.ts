import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { holdingGraph, start, until } from "../http/small-graph.ts";

const first = createApiKey("one", ["read"], null);
const second = createApiKey("two", ["read"], null);
const one = { "x-api-key": first.key };
const two = { "x-api-key": second.key };
const keysOf = (...keys: readonly { readonly record: unknown }[]) => ({
  API_KEYS: JSON.stringify(keys.map(({ record }) => record)),
});

describe("places for operations", () => {
  test("one of several keys has at most half, and the rest is for others", async () => {
    const { graph, held } = holdingGraph();
    const server = await start(graph, { ...keysOf(first, second), MAX_OPERATIONS: "4" });
    const running = [1, 2].map(() => server.post("{ hold }", {}, one));
    await until(() => held.length === 2);
    const { status, headers, body } = await server.post("{ now }", {}, one);
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(body.errors[0].extensions.code).toBe("OVERLOADED");
    expect(body.errors[0].message).toContain("2 operations of this key");
    expect((await server.post("{ now }", {}, two)).status).toBe(200);
    for (const go of held) go();
    for (const { status } of await Promise.all(running)) expect(status).toBe(200);
    expect((await server.post("{ now }", {}, one)).status).toBe(200);
    await server.close();
  });

  test.each([
    ["a gateway with a single key", keysOf(first), one],
    ["an open gateway", {}, {}],
  ])("%s has all", async (_, env, headers) => {
    const { graph, held } = holdingGraph();
    const server = await start(graph, { ...env, MAX_OPERATIONS: "4" });
    const all = Array.from({ length: 4 }, () => server.post("{ hold }", {}, headers));
    await until(() => held.length === 4);
    expect((await server.post("{ now }", {}, headers)).body.errors[0].message).toContain("4 operations");
    for (const go of held) go();
    for (const { status } of await Promise.all(all)) expect(status).toBe(200);
    await server.close();
  });
});

test("beyond MAX_OPERATIONS a new operation gets 503 with Retry-After, and running ones are answered", async () => {
  const { graph, held } = holdingGraph();
  const server = await start(graph, { MAX_OPERATIONS: "3" });
  const first = Array.from({ length: 3 }, () => server.post("{ hold }"));
  await until(() => held.length === 3);
  const late = await Promise.all(Array.from({ length: 20 }, () => server.post("{ now }")));
  for (const { status, headers, body } of late) {
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("1");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body.errors[0]).toMatchObject({ extensions: { code: "OVERLOADED" } });
    expect(body.errors[0].message).toContain("busy with 3 operations");
  }
  for (const go of held) go();
  for (const { status, body } of await Promise.all(first)) {
    expect([status, body.data]).toEqual([200, { hold: "held" }]);
  }
  expect((await server.post("{ now }")).status).toBe(200);
  await server.close();
});

test("a caller that disconnects frees its slot", async () => {
  const { graph, held } = holdingGraph();
  const server = await start(graph, { MAX_OPERATIONS: "1", MAX_REPORTS: "1" });
  const leave = new AbortController();
  const left = fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ hold(first: 1000) }" }),
    signal: leave.signal,
  });
  await until(() => held.length === 1);
  leave.abort();
  await expect(left).rejects.toThrow();
  let status = 503;
  while (status === 503) ({ status } = await server.post("{ now(first: 1000) }"));
  expect(status).toBe(200);
  await server.close();
});

test("a caller that disconnects while its token is verified takes no slot", async () => {
  const { env, sign, publish, asked } = await slowIssuer();
  const server = await start(undefined, { ...env, MAX_OPERATIONS: "1", METRICS: "open" });
  const headers = { authorization: `Bearer ${await sign()}` };
  const leave = new AbortController();
  const address = `${server.url}/graphql?query={hello}`;
  const left = [1, 2].map(() => fetch(address, { headers, signal: leave.signal }));
  const gauge = async (name: string) => {
    const page = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^alma_gateway_${name}_in_flight (\\d+)$`, "m").exec(page)?.[1]);
  };
  await asked;
  // The request for /metrics counts as well.
  while ((await gauge("http_requests")) < 3);
  leave.abort();
  await Promise.allSettled(left);
  while ((await gauge("http_requests")) > 1);
  const stays = server.post("{ hello }", {}, headers);
  while ((await gauge("http_requests")) < 2);
  publish();
  expect((await stays).status).toBe(200);
  while ((await gauge("http_requests")) > 1);
  expect(await gauge("operations")).toBe(0);
  await server.close();
});

/** An issuer of tokens that delays the response with its public keys until `publish` is called. */
async function slowIssuer() {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" };
  let publish = () => {};
  const published = new Promise<void>((resolve) => {
    publish = resolve;
  });
  const issuer = createServer(async (_request, response) => {
    await published;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
  });
  issuer.listen(0, "127.0.0.1");
  onTestFinished(() => void issuer.close());
  await once(issuer, "listening");
  const env = {
    JWT_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks`,
    JWT_ISSUER: "https://id.example",
    JWT_AUDIENCE: "alma-gateway",
  };
  const sign = () =>
    new SignJWT({ sub: "anna", scope: "read", iss: env.JWT_ISSUER, aud: env.JWT_AUDIENCE })
      .setProtectedHeader({ alg: "ES256", kid: "one" })
      .setExpirationTime("5m")
      .sign(privateKey);
  return { env, sign, publish, asked: once(issuer, "request") };
}
