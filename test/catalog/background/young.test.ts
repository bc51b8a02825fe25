import { expect, test, vi } from "vitest";
import { startGateway } from "../../support/gateway.ts";
import { paperCatalog } from "../paper-catalog.ts";

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

test("lists are kept young while the details are read for the first time", async () => {
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
  expect(catalog.store.tables.unit.listed).toHaveLength(2);
  // Of what the first reading has not come to nothing else is asked.
  expect(catalog.progress().kinds).toContainEqual({ kind: "unit", read: 0, of: 2 });
  await answer("unit 1");
  wait(31_000);
  await answer("units");
  wait(1_000);
  await answer("unit 2");
  await stop();
});
