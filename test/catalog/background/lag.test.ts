import { afterEach, expect, test, vi } from "vitest";
import {
  type CachedRecord,
  DETAIL,
  type Freshness,
  type KnownFields,
  NEVER,
} from "../../../src/catalog/index.ts";
import { keptCatalog } from "../paper-catalog.ts";

const UNITS = 40;
const pace = { refreshRate: 1, catalogMaxAge: 200_000, maxCalls: 10 };

afterEach(() => vi.useRealTimers());

/** A warm catalog of units, all of which another system has renamed, which their list has just told. */
async function renamed() {
  const made = await keptCatalog(pace, UNITS);
  const { paper, catalog, pass } = made;
  for (const unit of paper.things) unit.version++;
  await pass(32);
  const begin = (freshness?: Freshness) => catalog.beginOperation("one", freshness);
  /** What they are known as: by the list, and by their details. */
  const known = async (operation = begin()) => {
    const { records } = await catalog.findMembers(operation, { kind: "unit", needsDetails: true });
    return records.map(({ value }) => {
      const { name, number } = value as KnownFields<"unit">;
      return `${name} ${number}`;
    });
  };
  return { ...made, begin, known };
}

test("more details that lists have overtaken than may be read refuse no query: they stand until they are read", async () => {
  const { known, begin, catalog, pass, stop } = await renamed();
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

test("those that stand are read again before older ones, and at once where the list tells otherwise once more", async () => {
  const { paper, known, catalog, pass, stop } = await renamed();
  await known();
  await pass(UNITS + 10);
  expect(new Set(await known())).toEqual(new Set(["v2 v2"]));
  for (const unit of paper.things) unit.version++;
  await pass(32);
  await known();
  const standing = () => catalog.store.tables.unit.listed.filter(({ servesSuperseded: stands }) => stands);
  expect(standing().length).toBeGreaterThan(0);
  for (const unit of paper.things) unit.version++;
  await pass(32);
  expect(standing()).toEqual([]);
  await stop();
});

test("what no list names any more does not stand", async () => {
  const { begin, catalog, stop } = await renamed();
  const { listed } = catalog.store.tables.unit;
  const gone = listed.find((cached) => cached.asOf(DETAIL) === NEVER) as CachedRecord;
  gone.isListed = false;
  const wants = listed.map((record) => ({ record, level: DETAIL, cutoff: NEVER }) as const);
  const operation = begin();
  await catalog.load(operation, wants);
  expect(operation.calls).toBe(1);
  await stop();
});

test("so do those of a page", async () => {
  const { begin, catalog, stop } = await renamed();
  const operation = begin();
  const { listed } = catalog.store.tables.unit;
  const wants = listed.map((record) => ({ record, level: DETAIL, cutoff: NEVER }) as const);
  expect(await catalog.load(operation, wants)).toEqual(listed);
  expect(operation.calls).toBe(0);
  await stop();
});

test("but not against a write, nor for who asks for what there is now", async () => {
  const { known, begin, catalog, stop } = await renamed();
  catalog.noteWrite({ kind: "unit", verb: "update", id: 1 });
  const operation = begin();
  expect((await known(operation)).at(-1)).toBe("v2 v2");
  // The list, and the unit that was written.
  expect(operation.calls).toBe(2);
  await expect(known(begin({ maxAge: 0 }))).rejects.toMatchObject({ code: "CALL_BUDGET_EXCEEDED" });
  await stop();
});
