import fc from "fast-check";
import { expect, test } from "vitest";
import { isSameExternalId } from "../../../src/alma/index.ts";
import { type CachedRecord, DETAIL, kinds, NEVER } from "../../../src/catalog/index.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";
import type { Table } from "../../../src/catalog/store/table.ts";
import { apply, histories } from "./history.ts";
import { CUTOFFS, ID_FIELDS, IDS, kept, keyOf, keysOf } from "./kept.ts";

/** The unlisted records that listed ones refer to, found by following every relation of every record. */
function findReferred(store: Store): ReadonlySet<CachedRecord> {
  const found = new Set<CachedRecord>();
  const follow = (records: Iterable<CachedRecord>) => {
    for (const cached of records) {
      const { definition, relationIndex } = store.tables[cached.kind];
      for (const [name, { to }] of Object.entries(definition.relations)) {
        const id = relationIndex.parent(name, cached);
        if (id === undefined || to.some((kind) => store.tables[kind].listAt === NEVER)) continue;
        const target = to.length > 1 ? store.findUnlistedObject(id) : store.getOrCreate(to[0], id);
        if (!target.isListed) found.add(target);
      }
    }
  };
  for (const kind of kinds) follow(store.tables[kind].listed);
  // The set grows during the iteration.
  follow(found);
  return found;
}

/** The same, found by checking all records. */
function found(table: Table, referred: readonly CachedRecord[]): object {
  const { listed } = table;
  const records = [...table.records];
  const isRead = (cached: CachedRecord) => cached.asOf(DETAIL) !== NEVER;
  const read = listed.filter(isRead);
  const holders = (field: string, id: string) =>
    records
      .filter(({ value: { [field]: value } }) => isSameExternalId(value, id))
      .sort((a, b) => b.id - a.id);
  return {
    listed: {
      gone: keysOf(listed.filter((cached) => cached.isGone(NEVER))),
      unread: keysOf(listed.filter((cached) => !isRead(cached) && !cached.isGone(NEVER))),
      faulty: keysOf(listed.filter(({ fieldErrors }) => fieldErrors)),
      read: keysOf(read),
      closed: keysOf(read.filter(({ isClosed }) => isClosed)),
      readBefore: CUTOFFS.map((cutoff) => keysOf(read.filter((cached) => cached.asOf(DETAIL) <= cutoff))),
    },
    indexAsOf: Math.min(table.listAt, ...read.map((cached) => cached.asOf(DETAIL))),
    referred: {
      all: keysOf(referred),
      unread: keysOf(referred.filter(({ knownAt }) => knownAt === NEVER)),
      oldestLiveAnswerAt: Math.min(
        Number.POSITIVE_INFINITY,
        ...referred
          .filter((cached) => !cached.isClosed || cached.isGone(NEVER))
          .map(({ knownAt }) => knownAt)
          .filter((at) => at !== NEVER),
      ),
    },
    unknownRelations: keysOf(records.filter((cached) => cached.hasUnknownRelations)),
    holders: ID_FIELDS.map((field) => IDS.map((id) => holders(field, id).map(keyOf))),
  };
}

test("after any history, every set and index contains the records that a scan of all records finds", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const store = createStore();
      let now = 10;
      for (const event of history) await apply(store, event, ++now);
      store.settle();
      const referred = [...findReferred(store)];
      const tables = kinds.map((kind) => store.tables[kind]);
      const expected = tables.map((table) =>
        found(
          table,
          referred.filter(({ kind }) => kind === table.kind),
        ),
      );
      const actual = tables.map(kept);
      // Comparing texts is faster; Vitest only has to show a difference.
      if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});

test("records that others refer to are never evicted; unreferenced ones are, the oldest first", async () => {
  const store = createStore();
  const { unit, client } = store.tables;
  await store.applyList("unit", { items: [], malformed: 0 }, 1);
  await store.applyList("room", { items: [], malformed: 0 }, 1);
  await store.applyList("client", { items: [], malformed: 0 }, 1);
  const idsUpTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const contracts = idsUpTo(11_000).map((id) => ({ record: { id, number: "", externalId: null } }));
  await store.applyList("tenantContract", { items: contracts, malformed: 0 }, 1);
  for (const { record } of contracts) {
    const unitUsage = { unitId: null, clientId: record.id, isArchived: false };
    const detail = { ...record, unitUsage };
    store.applyDetail("tenantContract", { record: detail }, 2);
  }
  for (const id of idsUpTo(25_000)) unit.getOrCreate(id);
  expect(client.referredStates.size).toBe(contracts.length);
  expect(unit.size).toBeLessThanOrEqual(20_000);
  expect([unit.getRemembered(1), unit.getRemembered(25_000)?.id]).toEqual([undefined, 25_000]);
});

test.each([[false], [true]])(
  "records that nothing refers to any more are evicted, settled in between or not: %s",
  async (isSettled) => {
    const store = createStore();
    const none = { items: [], malformed: 0 };
    await store.applyList("ownerContract", { items: [{ record: { id: 6 } }], malformed: 0 }, 1);
    const unitUsage = { unitId: null, clientId: 1, isArchived: false };
    store.applyDetail("ownerContract", { record: { id: 6, unitUsage } as never }, 2);
    store.settle();
    await store.applyList("ownerContract", none, 3);
    if (isSettled) store.settle();
    await store.applyList("client", none, 4);
    store.settle();
    expect([...store.tables.client.records]).toEqual([]);
  },
);
