import { expect, test, vi } from "vitest";
import type { Alma } from "../../src/alma/index.ts";
import { Catalog } from "../../src/catalog/index.ts";
import { PaperAlma } from "../independent/paper-alma.ts";
import { startGateway } from "../support/gateway.ts";

test("a gateway that has just started answers a list in full, not with what it has not read", async () => {
  // However long ago a failure may have been to count, none has happened.
  const gateway = await startGateway({ latency: 50 }, { CATALOG: "on", MAX_AGE: "86400" });
  const { data, errors } = await gateway.query(
    "{ tenantContracts(first: 1) { totalCount asOf nodes { number } } }",
  );
  expect(errors).toBeUndefined();
  const contracts = gateway.simulator.data.tenantContracts.all();
  expect(data.tenantContracts).toMatchObject({
    totalCount: contracts.length,
    nodes: [{ number: contracts[0]?.number }],
  });
  expect(data.tenantContracts.asOf).not.toBeNull();
  await gateway.close();
});

test("a list that grew old while the details were read for the first time is read again at once", async () => {
  let now = 0;
  const paper = new PaperAlma(() => ++now);
  paper.add("unit", 1);
  const none = { list: async () => ({ at: ++now, value: { items: [], unreadable: 0 } }) };
  const others = { building: none, client: none, ownerContract: none, tenantContract: none };
  const catalog = new Catalog({
    alma: { ...paper.alma, ...others } as unknown as Alma,
    clock: paper.clock,
    background: true,
    maxAge: 60_000,
    catalogMaxAge: 300_000,
    refreshRate: 5,
    warmUpConcurrency: 1,
    maxCalls: 100,
    today: () => "2026-01-01",
  });
  catalog.start();
  const answer = async (what: string) => {
    const call = await vi.waitUntil(() => paper.pending.find((one) => one.what === what));
    call.answer();
  };
  await answer("units");
  await answer("rooms");
  await vi.waitUntil(() => paper.pending.some(({ what }) => what === "unit 1"));
  now += 31_000;
  expect(paper.calls.filter((what) => what === "units")).toHaveLength(1);
  await answer("unit 1");
  await answer("units");
  const stopped = catalog.stop();
  for (const { answer } of [...paper.pending]) answer();
  await stopped;
});
