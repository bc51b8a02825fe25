import { expect, test, vi } from "vitest";
import { paperCatalog } from "../paper-catalog.ts";

test("a record touched while others of a query are re-read is re-read too", async () => {
  const { paper, catalog, clock, stop } = paperCatalog({ hasBackgroundWork: false });
  for (const id of [1, 2, 3]) paper.add("unit", id);
  const answer = async (what: string) => {
    (await vi.waitUntil(() => paper.pending.find((call) => call.what === what))).answer();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const { unit } = catalog.store.tables;
  const touch = (id: number) =>
    unit.getOrCreate(id).markInvalidated(clock(), { changesList: false, changesRelations: false });
  const operation = catalog.beginOperation("one");
  const units = [1, 2, 3].map((id) => unit.getOrCreate(id));
  const requests = units.map((record) => ({ record, level: 2, cutoff: operation.namedCutoff }) as const);
  const loaded = catalog.load(operation, requests);
  await answer("unit 1");
  await answer("unit 2");
  touch(2);
  await answer("unit 3");
  // Now only unit 2 is read again.
  touch(1);
  await answer("unit 2");
  await answer("unit 1");
  expect(await loaded).toEqual(units);
  expect(paper.calls).toEqual(["unit 1", "unit 2", "unit 3", "unit 2", "unit 1"]);
  await stop();
}, 10_000);
