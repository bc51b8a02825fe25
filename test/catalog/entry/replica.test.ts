import fc from "fast-check";
import { expect, test } from "vitest";
import { createCatalogChanges } from "../../../src/catalog/entry/catalog-entries.ts";
import { allEntries, createEntryReader } from "../../../src/catalog/entry/entry.ts";
import type { CatalogEntry } from "../../../src/catalog/index.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";
import { apply, type Event, histories } from "../store/history.ts";
import { expectSame } from "../store/shown.ts";

/** Entries in a seeded order. */
function shuffled(entries: readonly CatalogEntry[], seed: number): readonly CatalogEntry[] {
  const place = (index: number) => Math.imul(index + 1, seed | 1) >>> 0;
  return entries
    .map((_, index) => index)
    .sort((a, b) => place(a) - place(b))
    .map((index) => entries[index] as CatalogEntry);
}

const numRuns = Number(process.env.FUZZ_RUNS ?? 8) * 25;

test("a store read from all entries, in any order, equals the one that wrote them, and stays equal", async () => {
  await fc.assert(
    fc.asyncProperty(histories, histories, fc.nat(), async (before, after, seed) => {
      const [origin, replica] = [createStore(), createStore()];
      let now = 10;
      for (const event of before) await apply(origin, event, ++now);
      origin.settle();
      const reader = createEntryReader(replica);
      for (const entry of shuffled([...allEntries(origin, ++now)], seed)) reader.apply(entry);
      expectSame(replica, origin);
      for (const event of after) {
        now++;
        for (const store of [origin, replica]) {
          await apply(store, event, now);
          // References of listed records are remembered from the next settling on.
          store.settle();
        }
      }
      expectSame(replica, origin);
    }),
    { numRuns },
  );
});

/** Applies events; a replica follows after some of them. `read` takes entries from the changes. */
async function follow(
  origin: Store,
  replica: Store,
  events: readonly (readonly [Event, boolean])[],
  now: () => number,
): Promise<void> {
  const changes = createCatalogChanges(origin, now);
  const reader = createEntryReader(replica);
  for (const [event, isTaken] of events) {
    await apply(origin, event, now());
    if (isTaken) for (const entry of changes.take()) reader.apply(entry);
  }
  for (const entry of changes.take()) reader.apply(entry);
}

test("a store that follows another's changes equals it, whenever they are taken", async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      histories,
      fc.infiniteStream(fc.boolean()),
      async (before, after, isTaken) => {
        const [origin, replica] = [createStore(), createStore()];
        let time = 10;
        const now = () => ++time;
        for (const event of before) await apply(origin, event, now());
        const reader = createEntryReader(replica);
        for (const entry of allEntries(origin, now())) reader.apply(entry);
        await follow(
          origin,
          replica,
          after.map((event) => [event, isTaken.next().value] as const),
          now,
        );
        expectSame(replica, origin);
      },
    ),
    { numRuns },
  );
});

test("a store read while changes arrive equals the other: the later value of an entry counts", async () => {
  await fc.assert(
    fc.asyncProperty(histories, histories, fc.nat(), async (before, after, seed) => {
      const [origin, replica] = [createStore(), createStore()];
      let time = 10;
      const now = () => ++time;
      for (const event of before) await apply(origin, event, now());
      const changes = createCatalogChanges(origin, now);
      const later: CatalogEntry[] = [];
      const half = Math.floor(after.length / 2);
      for (const event of after.slice(0, half)) {
        await apply(origin, event, now());
        later.push(...changes.take());
      }
      // Afterwards, the entries' changes are applied again in their earlier state.
      const all = shuffled([...allEntries(origin, now())], seed);
      for (const event of after.slice(half)) {
        await apply(origin, event, now());
        later.push(...changes.take());
      }
      const reader = createEntryReader(replica);
      for (const entry of [...all, ...later]) reader.apply(entry);
      expectSame(replica, origin);
    }),
    { numRuns },
  );
});

test("gathers nothing without followers, and takes no entries from an unchanged store", async () => {
  const store = createStore();
  let time = 10;
  const now = () => ++time;
  const list = { items: [{ record: { id: 1, name: "x" } }], malformed: 0 };
  await store.applyList("unit", list, now());
  expect(store.collectChanges(true)).toBeUndefined();
  const changes = createCatalogChanges(store, now);
  expect([...changes.take()]).toEqual([]);
  await store.applyList("unit", list, now());
  // An unchanged list is one short entry.
  expect([...changes.take()].map(({ key }) => key)).toEqual(["list:unit"]);
  for (let at = 0; at < 3; at++)
    store.applyDetail("unit", { record: { id: 1, name: `${at}` } as never }, now());
  expect([...changes.take()].map(({ key }) => key)).toEqual(["record:unit:1", "list:unit"]);
  expect([...changes.take()]).toEqual([]);
});

test("records that one store evicts are evicted from the other", async () => {
  const [origin, replica] = [createStore(), createStore()];
  let time = 10;
  const now = () => ++time;
  for (const store of [origin, replica]) await store.applyList("unit", { items: [], malformed: 0 }, now());
  const changes = createCatalogChanges(origin, now);
  const reader = createEntryReader(replica);
  const take = () => {
    for (const entry of changes.take()) reader.apply(entry);
  };
  for (let id = 1; id <= 30_000; id++) {
    origin.applyDetail("unit", { record: { id } }, now());
    if (id % 5_000 === 0) take();
  }
  await origin.applyList("unit", { items: [], malformed: 0 }, now());
  take();
  const ids = ({ tables }: Store) => [...tables.unit.records].map(({ id }) => id).sort((a, b) => a - b);
  expect(ids(origin).length).toBeLessThanOrEqual(20_000);
  expect(ids(replica)).toEqual(ids(origin));
});
