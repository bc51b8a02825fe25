import fc from "fast-check";
import { expect, test } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import { type CachedRecord, kinds } from "../../../src/catalog/index.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";
import { apply, histories } from "./history.ts";

const summary = { name: "A", header: "h" };
const list = (...ids: number[]) => ({
  items: ids.map((id) => ({ record: { id, ...summary }, fieldErrors: undefined })),
  malformed: 0,
});
const detail = (id: number, header = "h") => ({
  record: { id, ...summary, header },
  fieldErrors: undefined,
});

/** Each change, made to a building that first a list and then a detail have shown. */
const changes: readonly [string, (store: Store, cached: CachedRecord) => unknown][] = [
  ["a detail that shows it otherwise", (store) => store.applyDetail("building", detail(1, "x"), 9)],
  [
    "a list that shows it otherwise",
    (store) => {
      const items = [{ record: { id: 1, name: "B", header: "h" }, fieldErrors: undefined }];
      return store.applyList("building", { items, malformed: 0 }, 9);
    },
  ],
  ["a list that no longer names it", (store) => store.applyList("building", list(2), 9)],
  ["the answer that it is gone", (store) => store.tables.building.getOrCreate(1).markGone(9)],
  ["a failed read", (_store, cached) => cached.markFailed(9, new AlmaError("ALMA_UNAVAILABLE", "down"))],
  ["a write", (store, cached) => store.tables.building.invalidate(9, new Set([cached]), true)],
  ["relations that a write may have changed", (_store, cached) => cached.markRelationsInvalidated(9)],
];

async function known() {
  const store = createStore();
  await store.applyList("building", list(1, 2), 1);
  const cached = store.applyDetail("building", detail(1), 2);
  return { store, cached, table: store.tables.building };
}

test.each(changes)("%s raises the versions of the record and of its kind", async (_name, change) => {
  const { store, cached, table } = await known();
  const before = { record: cached.version, kind: table.contentVersion };
  await change(store, cached);
  expect(cached.version).toBeGreaterThan(before.record);
  expect(table.contentVersion).toBeGreaterThan(before.kind);
});

test("a list that repeats a record raises no content version", async () => {
  const { store, cached, table } = await known();
  const before = { record: cached.version, kind: table.contentVersion };
  await store.applyList("building", list(1, 2), 9);
  expect({ record: cached.version, kind: table.contentVersion }).toEqual(before);
});

test("a record listed again after an absence has a new version", async () => {
  const { store, cached } = await known();
  await store.applyList("building", list(2), 3);
  const withdrawn = cached.version;
  await store.applyList("building", list(1, 2), 4);
  expect(cached.version).toBeGreaterThan(withdrawn);
});

test("remembered records have different slots below the slot count, and evicted ones none", () => {
  const { building } = createStore().tables;
  const records = Array.from({ length: 25_000 }, (_, index) => building.getOrCreate(index + 1));
  const remembered = records.filter(({ slot }) => slot !== -1);
  expect(remembered.length).toBe(building.size);
  expect(records.length).toBeGreaterThan(building.size);
  expect(new Set(remembered.map(({ slot }) => slot)).size).toBe(remembered.length);
  expect(Math.max(...remembered.map(({ slot }) => slot))).toBeLessThan(building.slotCount);
});

test("no two records share an object, in any history", async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const store = createStore();
      const owners = new Map<object, CachedRecord>();
      let now = 10;
      for (const event of history) {
        await apply(store, event, ++now);
        for (const kind of kinds)
          for (const cached of store.tables[kind].records) {
            expect(owners.get(cached.value) ?? cached, cached.key).toBe(cached);
            owners.set(cached.value, cached);
          }
      }
      count += owners.size;
    }),
  );
  expect(count).toBeGreaterThan(500);
});
