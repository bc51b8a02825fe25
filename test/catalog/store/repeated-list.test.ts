import fc from "fast-check";
import { expect, test } from "vitest";
import { AlmaError, type Listing } from "../../../src/alma/index.ts";
import { allEntries, createEntryReader } from "../../../src/catalog/entry/entry.ts";
import { type CachedRecord, type Kind, kinds } from "../../../src/catalog/index.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";
import { apply, type Event, histories, listingOf } from "./history.ts";
import { expectSame } from "./shown.ts";

type List = Listing<{ readonly id: number }>;

/** Whether the last read of each list failed, and versions, which answers from memory rest on. */
const versionsOf = ({ tables }: Store) =>
  kinds.map((kind) => ({
    kind,
    failedAt: tables[kind].listFailure?.at,
    version: tables[kind].version,
    contentVersion: tables[kind].contentVersion,
    records: [...tables[kind].records].map(({ key, version, slot }) => `${key} ${version} ${slot}`),
  }));

/** A list as Alma shows it: an entry twice, with other values, and entries without an id. */
function almaList(event: Event): List {
  const { items } = listingOf(event);
  const [first] = items;
  const again = first && event.other === 1 ? [{ record: { ...first.record, name: "twice" } }] : [];
  return { items: [...items, ...again], malformed: event.id % 3 };
}

/** Applies a list as a reading of Alma: one that the store knows by its fingerprint is not looked at. */
async function read(store: Store, kind: Kind, list: List, at: number): Promise<boolean> {
  const fingerprint = JSON.stringify(list);
  if (store.tables[kind].listFingerprint !== fingerprint) {
    await store.applyList(kind, { ...list, fingerprint }, at);
    return false;
  }
  await store.repeatList(kind, fingerprint, at);
  return true;
}

/** Changes of one record that no history has. */
const others: readonly ((store: Store, cached: CachedRecord) => unknown)[] = [
  (store, { kind, id: at }) => {
    store.tables[kind].listFailure = { at, error: new AlmaError("ALMA_UNAVAILABLE", "down") };
  },
  (_store, cached) => cached.serveSuperseded(),
  (store, cached) => store.tables[cached.kind].forget(cached.id),
  () => {},
];

/** What of another process comes to a store: the list of a kind, its records, or both. */
const isTaken = ({ kind, other }: Event, key: string) =>
  key.includes(kind) && (other < 3 || key.startsWith("record:") === other < 5);

const numRuns = Number(process.env.FUZZ_RUNS ?? 8) * 50;

test("a list that is repeated leads to what the same list leads to when it is read as a whole", async () => {
  let repeated = 0;
  const isRepeated = fc.infiniteStream(fc.nat(2).map((n) => n > 0));
  await fc.assert(
    fc.asyncProperty(histories, histories, isRepeated, async (history, elsewhere, repeats) => {
      const [whole, known] = [createStore(), createStore()];
      const stores = [whole, known];
      const lists = new Map<Kind, List>();
      const origin = createStore();
      let now = 10;
      for (const [index, event] of history.entries()) {
        now++;
        const { kind } = event;
        // No two readings of a list are of one time, by the clock of any process.
        const at = now - event.delay + index / 1_000;
        if (event.what === "list" || index % 3 === 0) {
          const last = repeats.next().value ? lists.get(kind) : undefined;
          const list = last ?? almaList(event);
          lists.set(kind, list);
          await whole.applyList(kind, list, at);
          if (await read(known, kind, list, at)) repeated++;
        } else for (const store of stores) await apply(store, event, now);
        for (const store of stores) {
          const cached = store.tables[kind].getRemembered(event.id);
          if (cached) others[event.other % others.length]?.(store, cached);
        }
        if (index === 20) {
          // Its readings may be of later than those that this one has sent, and come before their answers.
          for (const [later, one] of elsewhere.entries()) await apply(origin, one, now + (later >> 2) + 0.5);
          const entries = [...allEntries(origin, now)].filter(({ key }) => isTaken(event, key));
          for (const store of stores) {
            const reader = createEntryReader(store);
            for (const entry of entries) reader.apply(entry);
          }
        }
        expect(versionsOf(known)).toEqual(versionsOf(whole));
      }
      expectSame(known, whole);
    }),
    { numRuns },
  );
  expect(repeated).toBeGreaterThan(numRuns);
});

test("a list that came after a part of a later one, from another process, is not known by its fingerprint", async () => {
  const [origin, store] = [createStore(), createStore()];
  const list = (name: string) => ({
    items: [{ record: { id: 1, name }, fieldErrors: undefined }],
    malformed: 0,
  });
  await origin.applyList("unit", list("later"), 3);
  const reader = createEntryReader(store);
  for (const entry of allEntries(origin, 4)) if (entry.key === "record:unit:1") reader.apply(entry);
  expect(await read(store, "unit", list("early"), 2)).toBe(false);
  expect(await read(store, "unit", list("early"), 5)).toBe(false);
  expect(store.tables.unit.get(1)?.value.name).toBe("early");
  expect(await read(store, "unit", list("early"), 6)).toBe(true);
});
