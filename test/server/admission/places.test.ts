import { describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { holdingGraph, start, until } from "../http/small-graph.ts";

const first = createApiKey("one", ["read"], null);
const second = createApiKey("two", ["read"], null);
const one = { "x-api-key": first.key };
const two = { "x-api-key": second.key };
const keysOf = (...keys: readonly { readonly record: unknown }[]) => ({
  API_KEYS: JSON.stringify(keys.map(({ record }) => record)),
});

describe("of the places for operations", () => {
  test("one of several keys has at most half, and the others are left to other keys", async () => {
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
  ])("%s gives all", async (_, env, headers) => {
    const { graph, held } = holdingGraph();
    const server = await start(graph, { ...env, MAX_OPERATIONS: "4" });
    const all = Array.from({ length: 4 }, () => server.post("{ hold }", {}, headers));
    await until(() => held.length === 4);
    expect((await server.post("{ now }", {}, headers)).body.errors[0].message).toContain(
      "4 operations (MAX_OPERATIONS)",
    );
    for (const go of held) go();
    for (const { status } of await Promise.all(all)) expect(status).toBe(200);
    await server.close();
  });
});
