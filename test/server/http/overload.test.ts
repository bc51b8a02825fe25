import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { keyEnv, keys } from "../access/scoped-graph.ts";
import { stallBody } from "../admission/stalled-body.ts";
import { start } from "./small-graph.ts";

const until = async (fact: () => boolean | Promise<boolean>) => {
  while (!(await fact())) await new Promise((resolve) => setTimeout(resolve, 5));
};

test("bodies that never end are refused at once without a key, and leave the connections to others", async () => {
  const server = await start(undefined, { ...keyEnv, MAX_OPERATIONS: "3" });
  const slow = await Promise.all(Array.from({ length: 20 }, () => stallBody(server.url)));
  for (const { received, socket } of slow) {
    if (received() === "") await once(socket, "data");
    expect(received()).toMatch(/^HTTP\/1\.1 401/);
  }
  const headers = { "x-api-key": keys.read.key };
  expect((await server.post("{ hello }", {}, headers)).status).toBe(200);
  await server.close();
});

describe("with an Alma that answers", () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());
  const report = "{ units(first: 10000) { nodes { number building { id name } } } }";
  const ask = (query: string, signal?: AbortSignal) =>
    fetch(`${gateway.address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
      ...(signal && { signal }),
    });

  test("a small query is served between the reads of reports", async () => {
    gateway = await startGateway(
      { latency: 5, size: { buildings: 10, units: 200 } },
      { ALMA_CONCURRENCY: "2" },
    );
    const { log, data } = gateway.simulator;
    const ids = [...data.units.all()].map(({ id }) => id);
    const unit = ids.at(-1);
    let reported = false;
    const reports = [1, 2].map((n) =>
      ask(report.replace("10000", String(10_000 - n))).then(async (response) => {
        reported = true;
        return (await response.json()).data.units.nodes.length;
      }),
    );
    await until(() => log.entries.length > 10);
    const before = log.entries.length;
    const { data: answer } = await gateway.query(`{ unit(ref: { almaId: ${unit} }) { keyboxCode name } }`);
    expect(answer.unit).not.toBeNull();
    expect(reported).toBe(false);
    // Fair queueing: its only read comes after one read of each report, with two reads in flight.
    expect(log.entries.length - before).toBeLessThan(15);
    expect(await Promise.all(reports)).toEqual([ids.length, ids.length]);
  });

  test("the reads of 200 callers that disconnect are cancelled", async () => {
    const size = { buildings: 10, units: 200 };
    gateway = await startGateway({ latency: 14_000, size }, { ALMA_CONCURRENCY: "4", ALMA_TIMEOUT: "60" });
    const { log, data } = gateway.simulator;
    const gauge = async (name: string) => {
      const text = await (await fetch(`${gateway.address}/metrics`)).text();
      return Number(new RegExp(`^alma_gateway_${name} (\\d+)$`, "m").exec(text)?.[1]);
    };
    const leave = new AbortController();
    const left = data.units
      .all()
      .map(({ id }) => ask(`{ unit(ref: { almaId: ${id} }) { number } }`, leave.signal));
    await until(async () => (await gauge("alma_queued")) === 196);
    leave.abort();
    await Promise.allSettled(left);
    await until(async () => (await gauge("alma_queued")) + (await gauge("alma_in_flight")) === 0);
    expect(await gauge("operations_in_flight")).toBe(0);
    expect(log.entries.length).toBe(4);
    gateway.simulator.latency = 0;
    const { data: answer } = await gateway.query("{ units(first: 1) { nodes { number } totalCount } }");
    expect(answer.units.totalCount).toBe(200);
  });

  test("ten times the capacity is answered or refused with Retry-After, and every response is correct", async () => {
    gateway = await startGateway({ latency: 2 }, { MAX_OPERATIONS: "8" });
    const fresh = "query @freshness(maxAge: 0) { buildings { nodes { name address } } }";
    const right = (await gateway.query(fresh)).data;
    const counts = { answered: 0, refused: 0, wrong: 0 };
    const caller = async () => {
      while (counts.answered < 40 || counts.refused < 40) {
        const response = await ask(fresh);
        const body = await response.json();
        if (response.status === 200 && JSON.stringify(body.data) === JSON.stringify(right))
          counts.answered += 1;
        else if (response.status === 503 && response.headers.get("retry-after") === "1") counts.refused += 1;
        else counts.wrong += 1;
      }
    };
    await Promise.all(Array.from({ length: 80 }, caller));
    expect(counts.wrong).toBe(0);
    expect((await ask(fresh)).status).toBe(200);
  });
});
