import { once } from "node:events";
import { request } from "node:http";
import { hostname } from "node:os";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { keyEnv, keys } from "../access/scoped-graph.ts";
import { start } from "./small-graph.ts";

/** Starts a server; returns a function that sends a request with a `Host`, as a page with a rebound name does. */
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
])("an open gateway on loopback accepts the host %s", async (name) => {
  const ask = await serve();
  expect(await ask(name)).toMatchObject({ status: 200 });
});

test.each([
  "evil.example:4000",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "notlocalhost",
  "a b",
  "docker.internal",
  "alma",
])("an open gateway on loopback rejects the host %s", async (name) => {
  const ask = await serve();
  const { status, body } = await ask(name, { "x-forwarded-host": "localhost" });
  expect(status).toBe(403);
  expect(body.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  expect(body.errors?.[0]?.message).toMatch(/API_KEYS_FILE.*TRUST_PROXY/);
});

test("a gateway with keys, on a network, or behind a proxy accepts every host", async () => {
  const name = "gateway.example";
  expect(await (await serve(keyEnv))(name, { "x-api-key": keys.all.key })).toMatchObject({ status: 200 });
  expect(await (await serve({ HOST: "0.0.0.0", AUTH: "off" }))(name)).toMatchObject({ status: 200 });
  expect(await (await serve({ TRUST_PROXY: "on" }))(name)).toMatchObject({ status: 200 });
});
