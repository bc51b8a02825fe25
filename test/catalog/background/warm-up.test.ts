import { expect, test, vi } from "vitest";
import { startGateway } from "../../support/gateway.ts";
import { paperCatalog } from "../paper-catalog.ts";

test("a query during the warm-up waits for all records of its kind", async () => {
  // With this MAX_AGE, a day's failures would count; there are none.
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

test("lists are refreshed while the warm-up reads details", async () => {
  const { paper, catalog, wait, stop } = paperCatalog();
  paper.add("unit", 1);
  catalog.start();
  const answer = async (what: string) => {
    const call = await vi.waitUntil(() => paper.pending.find((one) => one.what === what));
    call.answer();
  };
  const lists = () => paper.calls.filter((what) => what === "units").length;
  await answer("units");
  await answer("rooms");
  await vi.waitUntil(() => paper.pending.some(({ what }) => what === "unit 1"));
  expect(lists()).toBe(1);
  paper.add("unit", 2);
  wait(31_000);
  await answer("units");
  expect(lists()).toBe(2);
  await vi.waitUntil(() => catalog.store.tables.unit.listed.length === 2);
  // The refresh reads no detail that the warm-up has not read.
  expect(catalog.progress().kinds).toContainEqual({ kind: "unit", read: 0, of: 2 });
  await answer("unit 1");
  wait(31_000);
  await answer("units");
  wait(1_000);
  await answer("unit 2");
  await stop();
});

test("a list that is written to while it is read is read once, however many writes there are", async () => {
  const { paper, catalog, stop } = paperCatalog();
  paper.add("unit", 1);
  catalog.start();
  for (let turn = 0; turn < 100 && !catalog.progress().warm; turn++) {
    const [call] = paper.pending;
    if (call?.what === "units") catalog.noteWrite({ kind: "unit", verb: "create", id: 1 });
    call?.answer();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(catalog.progress().warm).toBe(true);
  expect(paper.calls.filter((what) => what === "units").length).toBe(1);
  await stop();
});
