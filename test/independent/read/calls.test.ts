import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { measured, portfolio } from "../alma/portfolio.ts";
import { contrary } from "../alma/quirk.ts";
import { type Stage, stage } from "../gateway.ts";
import { rowsOf } from "./calls.ts";

const small = portfolio({
  buildings: 20,
  units: 150,
  rooms: 200,
  clients: 120,
  tenantContracts: 300,
  ownerContracts: 80,
});

describe("the calls of a query without a catalog, the first and the second time", () => {
  test.each(rowsOf(small))("$name", async ({ query, calls, answer }) => {
    const { counted, close } = await stage(small);
    const cold = await counted(query);
    const again = await counted(query);
    await close();
    expect(cold.data).toEqual(answer);
    expect(again.data).toEqual(answer);
    expect(cold.calls).toBe(calls);
    expect(again.calls).toBe(0);
  });
});

describe("the calls of a query with the other reading of Alma's document", () => {
  const quirks = { ...contrary, listsArchived: true, decimals: "number" } as const;

  test.each(rowsOf(small))("$name", async ({ query, calls, answer }) => {
    const { counted, close } = await stage(small, { quirks });
    const { data, calls: asked } = await counted(query);
    await close();
    expect(data).toEqual(answer);
    // Finding the path of clients costs one call, once.
    expect(asked - calls).toBeLessThanOrEqual(query.includes("lient") ? 1 : 0);
  });
});

describe("the calls of a query with a warm catalog of full size", () => {
  const world = portfolio(measured);
  let warm: Stage;
  beforeAll(async () => {
    warm = await stage(world, { env: { CATALOG: "on", WARM_UP_CONCURRENCY: "32", MAX_AGE: "0.001" } });
    await warm.warm();
  }, 60_000);
  afterAll(() => warm.close());

  test.each(rowsOf(world))("$name", async ({ query, answer, warm: calls }) => {
    const first = await warm.counted(query);
    expect(first.data).toEqual(answer);
    // Lists are read in the background every 30 s; the query's own calls are made each time.
    const asked = first.calls > calls ? (await warm.counted(query)).calls : first.calls;
    expect(asked).toBeLessThanOrEqual(calls);
  });
});
