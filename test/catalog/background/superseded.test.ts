import { afterEach, expect, test, vi } from "vitest";
import {
  type CachedRecord,
  DETAIL,
  type Freshness,
  type KnownFields,
  NEVER,
} from "../../../src/catalog/index.ts";
import { warmCatalog } from "../paper-catalog.ts";

const UNITS = 40;
const pace = { refreshRate: 1, catalogMaxAge: 200_000, maxCalls: 10 };

afterEach(() => vi.useRealTimers());

/** A warm catalog of units that another system has renamed: their list shows the new names, their details the old. */
async function supersededCatalog() {
  const made = await warmCatalog(pace, UNITS);
  const { paper, catalog, pass } = made;
  for (const unit of paper.things) unit.version++;
  await pass(32);
  const begin = (freshness?: Freshness) => catalog.beginOperation("one", freshness);
  /** Each unit's name, which the list has too, and its number, which only the detail has. */
  const known = async (operation = begin()) => {
    const { records } = await catalog.findMembers(operation, { kind: "unit", needsDetails: true });
    return records.map(({ value }) => {
      const { name, number } = value as KnownFields<"unit">;
      return `${name} ${number}`;
    });
  };
  return { ...made, begin, known };
}

test("superseded details that are too many to read are served until the refresh reads them", async () => {
  const { known, begin, catalog, pass, stop } = await supersededCatalog();
  const operation = begin();
  const before = await known(operation);
  expect(before).toHaveLength(UNITS);
  expect(before).toContain("v2 v1");
  expect(operation.calls).toBe(0);
  expect(operation.oldest).toBeLessThan(operation.startedAt - 30_000);
  await pass(pace.catalogMaxAge / 1000);
  expect(new Set(await known())).toEqual(new Set(["v2 v2"]));
  expect(catalog.progress().warm).toBe(true);
  await stop();
});

test("served superseded details are refreshed first, and no longer served once the list changes again", async () => {
  const { paper, known, catalog, pass, stop } = await supersededCatalog();
  await known();
  await pass(UNITS + 10);
  expect(new Set(await known())).toEqual(new Set(["v2 v2"]));
  for (const unit of paper.things) unit.version++;
  await pass(32);
  await known();
  const served = () => catalog.store.tables.unit.listed.filter((cached) => cached.servesSuperseded);
  expect(served().length).toBeGreaterThan(0);
  for (const unit of paper.things) unit.version++;
  await pass(32);
  expect(served()).toEqual([]);
  await stop();
});

test("the superseded detail of a record that is no longer listed is read again", async () => {
  const { begin, catalog, stop } = await supersededCatalog();
  const { listed } = catalog.store.tables.unit;
  const gone = listed.find((cached) => cached.asOf(DETAIL) === NEVER) as CachedRecord;
  gone.isListed = false;
  const requests = listed.map((record) => ({ record, level: DETAIL, cutoff: NEVER }) as const);
  const operation = begin();
  await catalog.load(operation, requests);
  expect(operation.calls).toBe(1);
  await stop();
});

test("superseded details of a page that are too many to read are served", async () => {
  const { begin, catalog, stop } = await supersededCatalog();
  const operation = begin();
  const { listed } = catalog.store.tables.unit;
  const requests = listed.map((record) => ({ record, level: DETAIL, cutoff: NEVER }) as const);
  expect(await catalog.load(operation, requests)).toEqual(listed);
  expect(operation.calls).toBe(0);
  await stop();
});

test("a superseded detail is not served after a write, nor with maxAge: 0", async () => {
  const { known, begin, catalog, stop } = await supersededCatalog();
  catalog.noteWrite({ kind: "unit", verb: "update", id: 1 });
  const operation = begin();
  expect((await known(operation)).at(-1)).toBe("v2 v2");
  // The list, and the written unit.
  expect(operation.calls).toBe(2);
  await expect(known(begin({ maxAge: 0 }))).rejects.toMatchObject({ code: "CALL_BUDGET_EXCEEDED" });
  await stop();
});
