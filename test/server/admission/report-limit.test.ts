import { afterEach, describe, expect, test } from "vitest";
import type { Meter } from "../../../src/graph/index.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { holdingGraph, type SmallContext, smallGraph, start, until } from "../http/small-graph.ts";

const metric = async (url: string, name: string) => {
  const page = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^alma_gateway_${name} (\\d+)$`, "m").exec(page)?.[1]);
};
const isEqual = async (url: string, name: string, count: number) => {
  while ((await metric(url, name)) !== count);
};

describe("a report", () => {
  test.each([
    ["{ hold(first: 5000) }", {}],
    ["query ($n: Int) { hold(first: $n) }", { n: 201 }],
    ["query ($n: Int = 201) { hold(first: $n) }", {}],
  ] as const)("beyond MAX_REPORTS waits for a slot, and occupies none: %s", async (query, variables) => {
    const { graph, held } = holdingGraph();
    const server = await start(graph, { MAX_REPORTS: "2", MAX_OPERATIONS: "1", METRICS: "open" });
    const reports = Array.from({ length: 4 }, () => server.post(query, variables));
    await isEqual(server.url, "reports_waiting", 2);
    expect([held.length, await metric(server.url, "reports_in_flight")]).toEqual([2, 2]);
    expect((await server.post("{ now(first: 200) }")).status).toBe(200);
    expect((await server.post("query ($n: Int = 5000) { now(first: $n) }", { n: 10 })).status).toBe(200);
    for (let ended = 0; ended < 4; ended++) {
      await until(() => held.length > ended);
      held[ended]?.();
    }
    for (const { status, body } of await Promise.all(reports))
      expect([status, body.data]).toEqual([200, { hold: "held" }]);
    await isEqual(server.url, "operations_in_flight", 0);
    await server.close();
  });

  test("is refused at once with Retry-After if the queue is long, while other operations run", async () => {
    const { graph, held } = holdingGraph();
    const server = await start(graph, { MAX_REPORTS: "1", METRICS: "open" });
    const reports = Array.from({ length: 9 }, () => server.post("{ hold(first: 201) }"));
    await isEqual(server.url, "reports_waiting", 8);
    const { status, headers, body } = await server.post("{ now(first: 201) }");
    expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
    expect(body.errors[0].message).toContain("busy with reports");
    expect(body.errors[0].extensions).toMatchObject({ code: "OVERLOADED" });
    expect((await server.post("{ now }")).status).toBe(200);
    for (let ended = 0; ended < 9; ended++) {
      await until(() => held.length > ended);
      held[ended]?.();
    }
    await Promise.all(reports);
    await server.close();
  });

  test("whose caller disconnects leaves the queue", async () => {
    const { graph, held } = holdingGraph();
    const server = await start(graph, { MAX_REPORTS: "1", METRICS: "open" });
    const running = server.post("{ hold(first: 201) }");
    await until(() => held.length === 1);
    const leave = new AbortController();
    const left = fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ hold(first: 201) }" }),
      signal: leave.signal,
    });
    await isEqual(server.url, "reports_waiting", 1);
    leave.abort();
    await expect(left).rejects.toThrow();
    await isEqual(server.url, "reports_waiting", 0);
    held[0]?.();
    await running;
    await isEqual(server.url, "operations_in_flight", 0);
    await server.close();
  });

  test("waits in the queue until its DEADLINE at most", async () => {
    const { graph, held } = holdingGraph();
    const sdl = /* GraphQL */ `type Query { hold(first: Int): String late(first: Int): String }`;
    const hold = graph.schema.getQueryType()?.getFields().hold?.resolve as never;
    const late = (_: unknown, __: unknown, { signal }: SmallContext) => {
      if (signal.aborted) throw signal.reason;
    };
    const server = await start(smallGraph(sdl, { Query: { hold, late } }), {
      MAX_REPORTS: "1",
      DEADLINE: "0.3",
    });
    const running = server.post("{ hold(first: 201) }");
    await until(() => held.length === 1);
    const { body } = await server.post("{ late(first: 201) }");
    expect(body.errors[0].extensions.code).toBe("DEADLINE_EXCEEDED");
    held[0]?.();
    await running;
    await server.close();
  });
});

describe("an operation that has used 50 ms of CPU", () => {
  /** A graph whose `burn` uses CPU, yields, and continues. */
  function burningGraph() {
    const { graph, held } = holdingGraph();
    const burn = async (_: unknown, __: unknown, { meter }: { readonly meter: Meter }) => {
      meter.charge("burning", () => {
        while (meter.cpuUsed < 60);
      });
      await meter.yieldToOthers();
      return "burnt";
    };
    const sdl = /* GraphQL */ `
      type Query { hold(first: Int): String now: String burn: String }
      type Mutation { burn: String }
    `;
    const hold = graph.schema.getQueryType()?.getFields().hold?.resolve;
    const resolvers = { Query: { hold: hold as never, now: () => "now", burn }, Mutation: { burn } };
    return { graph: smallGraph(sdl, resolvers), held };
  }

  test("waits for a report slot without a place, if it is a query", async () => {
    const { graph, held } = burningGraph();
    const server = await start(graph, { MAX_REPORTS: "1", MAX_OPERATIONS: "1", METRICS: "open" });
    const report = server.post("{ hold(first: 201) }");
    await until(() => held.length === 1);
    const burning = server.post("{ burn }");
    await isEqual(server.url, "reports_waiting", 1);
    // One of them may have used as much, because garbage collection counts.
    const others = Array.from({ length: 3 }, () => server.post("{ now }"));
    expect((await Promise.any(others)).body).toEqual({ data: { now: "now" } });
    held[0]?.();
    for (const { body } of await Promise.all(others)) expect(body).toEqual({ data: { now: "now" } });
    expect((await burning).body).toEqual({ data: { burn: "burnt" } });
    await report;
    await isEqual(server.url, "operations_in_flight", 0);
    await server.close();
  });

  test("continues if it is a mutation", async () => {
    const { graph, held } = burningGraph();
    const server = await start(graph, { MAX_REPORTS: "1" });
    const report = server.post("{ hold(first: 201) }");
    await until(() => held.length === 1);
    expect((await server.post("mutation { burn }")).body).toEqual({ data: { burn: "burnt" } });
    held[0]?.();
    await report;
    await server.close();
  });
});

describe("in a whole gateway", () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());
  const post = (query: string, variables: object = {}, signal?: AbortSignal) =>
    fetch(`${gateway.address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
      ...(signal && { signal }),
    });
  const cold = (first: number) =>
    `query @freshness(maxAge: 0) { clients(first: ${first}) { nodes { firstName } } }`;

  test("a query that becomes a report with a long queue fails as a whole, with 503 and Retry-After", async () => {
    gateway = await startGateway(
      { size: { buildings: 5, units: 150 } },
      { MAX_REPORTS: "1", METRICS: "open" },
    );
    const filter = {
      or: Array.from({ length: 999 }, (_, n) => ({ name: { contains: `none of these ${n}` } })),
    };
    const costly = `query ($filter: UnitFilter) {
      ${Array.from({ length: 60 }, (_, n) => `u${n}: units(first: 1, filter: $filter) { totalCount }`).join("\n")}
    }`;
    expect((await post(costly, { filter })).status).toBe(200);
    gateway.simulator.latency = 600_000;
    const leave = new AbortController();
    const waiting = Array.from({ length: 9 }, (_, n) => post(cold(300 + n), {}, leave.signal));
    for (const answer of waiting) answer.catch(() => {});
    await isEqual(gateway.address, "reports_waiting", 8);
    const refused = await post(costly, { filter });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    const { data, errors } = await refused.json();
    // Without the limit, but with as much CPU used before the execution, as on a busy machine.
    expect(data ?? null).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors[0].extensions).toMatchObject({ code: "OVERLOADED", retryAfter: 5 });
    leave.abort();
    await Promise.allSettled(waiting);
  });
});
