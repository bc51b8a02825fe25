import { expect, test } from "vitest";
import type { Graph } from "../../src/server/index.ts";
import { smallGraph, start } from "./small-graph.ts";

const sdl = /* GraphQL */ `
  type Query { hold(first: Int): String now(first: Int): String }
`;

/** A graph whose `hold` answers when it is told to, and how many are being held. */
function holding() {
  const held: (() => void)[] = [];
  const resolvers = {
    Query: {
      hold: () => new Promise((resolve) => held.push(() => resolve("held"))),
      now: () => "now",
    },
  };
  return { graph: smallGraph(sdl, resolvers) as Graph, held };
}

const until = async (fact: () => boolean) => {
  while (!fact()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test("beyond MAX_OPERATIONS the newest gets 503 with Retry-After, and those under way are answered", async () => {
  const { graph, held } = holding();
  const server = await start(graph, { MAX_OPERATIONS: "3" });
  const first = Array.from({ length: 3 }, () => server.post("{ hold }"));
  await until(() => held.length === 3);
  const late = await Promise.all(Array.from({ length: 20 }, () => server.post("{ now }")));
  for (const { status, headers, body } of late) {
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("1");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body.errors[0]).toMatchObject({ extensions: { code: "OVERLOADED" } });
    expect(body.errors[0].message).toContain("busy with 3 operations (MAX_OPERATIONS)");
  }
  for (const go of held) go();
  for (const { status, body } of await Promise.all(first)) {
    expect([status, body.data]).toEqual([200, { hold: "held" }]);
  }
  expect((await server.post("{ now }")).status).toBe(200);
  await server.close();
});

test("a caller who leaves makes room", async () => {
  const { graph, held } = holding();
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

test("reports wait while others go on", async () => {
  const { graph, held } = holding();
  const server = await start(graph, { MAX_REPORTS: "2" });
  const reports = Array.from({ length: 2 }, () => server.post("{ hold(first: 201) }"));
  await until(() => held.length === 2);
  for (const [query, variables] of [
    ["{ now(first: 5000) }", {}],
    ["query ($n: Int) { now(first: $n) }", { n: 201 }],
    ["query ($n: Int = 201) { now(first: $n) }", {}],
  ] as const) {
    const { status, headers, body } = await server.post(query, variables);
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("1");
    expect(body.errors[0].message).toContain("(MAX_REPORTS)");
    expect(body.errors[0].extensions).toEqual({ code: "OVERLOADED" });
  }
  expect((await server.post("{ now(first: 200) }")).status).toBe(200);
  expect((await server.post("query ($n: Int = 5000) { now(first: $n) }", { n: 10 })).status).toBe(200);
  for (const go of held) go();
  await Promise.all(reports);
  expect((await server.post("{ now(first: 5000) }")).status).toBe(200);
  await server.close();
});
