import { once } from "node:events";
import { request } from "node:http";
import { hostname } from "node:os";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { keyEnv, keys } from "../access/scoped-graph.ts";
import { start } from "./small-graph.ts";

/**
 * Starts a server; returns a function that sends a request with a `Host` header, as a page with a rebound name does.
 */
async function serve(env: Record<string, string> = {}) {
  const { url, close } = await start(undefined, env);
  onTestFinished(close);
  const { port } = new URL(url);
  return async (name: string, more: Record<string, string> = {}) => {
    const headers = { host: name, "content-type": "application/json", ...more };
    const asked = request({ host: "127.0.0.1", port, path: "/graphql", method: "POST", headers });
    asked.end(JSON.stringify({ query: "{ hello }" }));
    const [response] = await once(asked, "response");
    const body = (await json(response)) as { errors?: { message: string; extensions: object }[] };
    return { status: response.statusCode, body };
  };
}

/** Loopback, a network, and a proxy. */
const doors: readonly Record<string, string>[] = [
  {},
  { HOST: "0.0.0.0", AUTH: "off" },
  { TRUST_PROXY: "on" },
];

test.each([
  "localhost:4000",
  "LOCALHOST",
  "alma.localhost:1",
  "localhost.",
  "127.0.0.1",
  "127.1.2.3:4000",
  "[::1]:4000",
  "192.168.0.7",
  `${hostname()}:4000`,
  "host.docker.internal:4000",
  "gateway.example:4000",
  "GATEWAY.example",
  "peer.example",
])("an open gateway accepts the host %s, whatever it listens on", async (name) => {
  for (const env of doors) {
    const ask = await serve({
      ...env,
      ALLOWED_HOSTS: "other, gateway.example",
      PEER_URL: "http://peer.example:4001",
    });
    expect(await ask(name)).toMatchObject({ status: 200 });
  }
});

test.each([
  "evil.example:4000",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "notlocalhost",
  "a b",
  "docker.internal",
  "alma",
  "gateway.example",
])("an open gateway rejects the host %s, whatever it listens on", async (name) => {
  for (const env of doors) {
    const ask = await serve(env);
    const isTrusted = "TRUST_PROXY" in env;
    const { status, body } = await ask(name, isTrusted ? {} : { "x-forwarded-host": "localhost" });
    expect(status).toBe(403);
    expect(body.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(body.errors?.[0]?.message).toContain("ALLOWED_HOSTS");
  }
});

test("behind a proxy, the name by which the proxy was reached counts", async () => {
  const ask = await serve({ TRUST_PROXY: "on", ALLOWED_HOSTS: "gateway.example" });
  expect(await ask("upstream", { "x-forwarded-host": "gateway.example" })).toMatchObject({ status: 200 });
  expect(await ask("gateway.example", { "x-forwarded-host": "evil.example" })).toMatchObject({ status: 403 });
});

test("a gateway with keys accepts every host", async () => {
  const ask = await serve(keyEnv);
  expect(await ask("gateway.example", { "x-api-key": keys.all.key })).toMatchObject({ status: 200 });
});
