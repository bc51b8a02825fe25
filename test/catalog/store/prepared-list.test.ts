import fc from "fast-check";
import { expect, test } from "vitest";
import { AlmaError, type Decoded, LightSignal } from "../../../src/alma/index.ts";
import { type CachedRecord, DETAIL, EXISTS, NEVER, SUMMARY } from "../../../src/catalog/index.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";

interface Values {
  readonly name?: string;
  readonly header?: string;
}

/** A room in a list or a detail; `isBad`: its name cannot be decoded. */
interface Item extends Values {
  readonly id: number;
  readonly isBad?: boolean;
}

type Event =
  | { readonly type: "detail" | "embedded"; readonly item: Item }
  | { readonly type: "list"; readonly items: readonly Item[] }
  | { readonly type: "write"; readonly ids: readonly number[] | "all"; readonly changesList: boolean }
  | { readonly type: "gone" | "failed" | "served"; readonly id: number };

const decoded = ({ isBad, ...record }: Item): Decoded<Values & { readonly id: number }> => ({
  record: { name: undefined, header: undefined, ...record, ...(isBad && { name: null }) } as Item,
  ...(isBad && { fieldErrors: { name: "Alma returned a list that is not text." } }),
});
const listing = (items: readonly Item[]) => ({ items: items.map(decoded), malformed: items.length % 3 });

/** Applies an event at `at`; a list without interruption, since nothing else happens meanwhile. */
async function apply(store: Store, event: Event, at: number): Promise<void> {
  const table = store.tables.unit;
  switch (event.type) {
    case "detail":
      store.applyDetail("unit", decoded(event.item), at);
      break;
    case "embedded": {
      const { id, isBad: _, ...values } = event.item;
      table.getOrCreate(id).applyEmbedded(values, at);
      break;
    }
    case "list":
      await store.applyList("unit", listing(event.items), at);
      break;
    case "write": {
      const { ids, changesList } = event;
      table.invalidate(
        at,
        ids === "all" ? ids : new Set(ids.map((id) => table.getOrCreate(id))),
        changesList,
      );
      if (changesList) table.invalidateList(at);
      break;
    }
    case "gone":
      table.getOrCreate(event.id).markGone(at);
      break;
    case "failed":
      table.getOrCreate(event.id).markFailed(at, new AlmaError("ALMA_UNAVAILABLE", "down"));
      break;
    case "served":
      table.getOrCreate(event.id).serveSuperseded();
  }
}

const stateOf = (cached: CachedRecord) => ({
  key: cached.key,
  value: { ...cached.value },
  fieldErrors: cached.fieldErrors,
  isListed: cached.isListed,
  asOf: [EXISTS, SUMMARY, DETAIL].map((level) => cached.asOf(level as 0 | 1 | 2)),
  fieldAsOf: ["name", "header"].map((field) => [cached.asOf(SUMMARY, field), cached.fieldReadAt(field)]),
  times: [
    cached.detailAt,
    cached.supersededAt,
    cached.mentionedAt,
    cached.changeReportedAt,
    cached.goneAt,
    cached.invalidatedAt,
    cached.detailInvalidatedAt,
    cached.relationsKnownAt,
  ],
  servesSuperseded: cached.servesSuperseded,
  isGone: cached.isGone(NEVER),
});

const knownIn = ({ tables: { unit } }: Store) => ({
  listed: unit.listed.map(({ key }) => key),
  listAt: unit.listAt,
  malformed: unit.malformedEntries,
  isListKnown: unit.isListKnown(NEVER),
  records: [...unit.records].map(stateOf).sort((a, b) => a.key.localeCompare(b.key)),
});

const id = fc.integer({ min: 1, max: 4 });
const value = fc.constantFrom("", "x", "y");
const item: fc.Arbitrary<Item> = fc.record(
  { id, name: value, header: value, isBad: fc.boolean() },
  { requiredKeys: ["id"] },
);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constantFrom("detail" as const, "embedded" as const), item }),
  fc.record({ type: fc.constant("list" as const), items: fc.array(item, { maxLength: 5 }) }),
  fc.record({
    type: fc.constant("write" as const),
    ids: fc.oneof(fc.constant("all" as const), fc.array(id, { maxLength: 2 })),
    changesList: fc.boolean(),
  }),
  fc.record({ type: fc.constantFrom("gone" as const, "failed" as const, "served" as const), id }),
);
const events = fc.array(event, { maxLength: 6 });

test("events during the comparison of a list have the same effect as before it", async () => {
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.array(item, { maxLength: 6 }),
      fc.array(fc.tuple(event, fc.boolean()), { maxLength: 6 }),
      events,
      async (before, items, meanwhile, after) => {
        const [sliced, atOnce] = [createStore(), createStore()];
        let now = 0;
        const applyTo = async (one: Event, at: number, stores = [sliced, atOnce]) => {
          for (const store of stores) await apply(store, one, at);
        };
        for (const one of before) await applyTo(one, ++now);
        now += 2;
        const sentAt = now;
        const list: Event = { type: "list", items };
        const prepared = await sliced.tables.unit.prepareList(listing(items), sentAt);
        for (const [index, [one, wasSentBefore]] of meanwhile.entries()) {
          // A reading may be sent before the list and answered after it; a write counts from its end.
          const isEarly = wasSentBefore && one.type !== "write";
          await applyTo(one, isEarly ? sentAt - 1 + index / 10 : ++now);
        }
        sliced.tables.unit.applyList(prepared);
        await applyTo(list, sentAt, [atOnce]);
        expect(knownIn(sliced)).toEqual(knownIn(atOnce));
        for (const one of after) await applyTo(one, ++now);
        expect(knownIn(sliced)).toEqual(knownIn(atOnce));
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 8) * 100 },
  );
});

test("comparing a list has no visible effect", async () => {
  const store = createStore();
  const { unit } = store.tables;
  await store.applyList("unit", listing([{ id: 1, name: "x" }]), 1);
  const before = knownIn(store);
  const { version, contentVersion } = unit;
  await unit.prepareList(
    listing([
      { id: 1, name: "y" },
      { id: 2, name: "z" },
    ]),
    2,
  );
  expect(knownIn(store)).toEqual(before);
  expect([unit.version, unit.contentVersion, unit.size]).toEqual([version, contentVersion, 1]);
});

test("the first of several entries with one id counts, and records are listed by descending id", async () => {
  const store = createStore();
  const names = ["a", "b", "c", "d"];
  const items = [3, 1, 3, 2].map((id, index) => ({ id, name: names[index] as string }));
  for (const at of [1, 2]) {
    await store.applyList("unit", listing(items), at);
    expect(store.tables.unit.listed.map(({ id, value }) => `${id}${value.name}`)).toEqual(["3a", "2d", "1b"]);
  }
});

test("a record evicted while a list is compared is the same record when the list names it", async () => {
  const store = createStore();
  const { unit } = store.tables;
  const items = [{ id: 1, name: "x" }];
  await store.applyList("unit", listing(items), 1);
  const [cached] = unit.listed;
  await store.applyList("unit", listing([]), 2);
  store.applyDetail("unit", { record: { id: 1 } }, 2.5);
  const prepared = await unit.prepareList(listing(items), 3);
  for (let other = 0; other < 25_000; other++) unit.getOrCreate(100 + other);
  expect(cached?.slot).toBe(-1);
  unit.applyList(prepared);
  expect(unit.listed[0]).toBe(cached);
  expect(unit.get(1)).toBe(cached);
  expect([cached?.isListed, cached?.mentionedAt, cached?.changeReportedAt]).toEqual([true, 3, 3]);
  expect(cached?.slot).not.toBe(-1);
});

test("a write to an evicted record counts for a record that a list names first", async () => {
  const store = createStore();
  const { unit } = store.tables;
  const prepared = await unit.prepareList(listing([{ id: 1, name: "x" }]), 3);
  unit.invalidate(4, "all", true);
  unit.applyList(prepared);
  expect(unit.get(1)).toMatchObject({ isListed: true, invalidatedAt: 4 });
  expect(unit.get(1)?.asOf(SUMMARY)).toBe(NEVER);
});

const many = (name: string) =>
  listing(Array.from({ length: 20_000 }, (_, index) => ({ id: index + 1, name, header: "h" })));

test("a long list appears as a whole, even with yields", async () => {
  const store = createStore();
  const { unit } = store.tables;
  for (const [at, name] of [
    [1, "a"],
    [3, "b"],
  ] as const) {
    let isApplied = false;
    const applied = store.applyList("unit", many(name), at).then(() => {
      isApplied = true;
    });
    const seen = new Set<string>();
    const look = () => {
      const names = new Set(unit.listed.filter(({ id }) => id !== 7).map(({ value }) => value.name));
      seen.add(`${unit.listed.length} of ${[...names]}`);
    };
    let turns = 0;
    while (!isApplied) {
      look();
      if (turns++ === 0) store.applyDetail("unit", decoded({ id: 7, name: "d", header: "h" }), at + 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await applied;
    look();
    expect(turns).toBeGreaterThan(1);
    expect([...seen]).toEqual([name === "a" ? "0 of " : "20000 of a", `20000 of ${name}`]);
    // The detail was read after the list was sent.
    expect(unit.get(7)).toMatchObject({ detailAt: at + 1, isListed: true });
    expect(unit.get(7)?.value.name).toBe("d");
  }
});

test("a list dropped during the comparison is not applied", async () => {
  const store = createStore();
  await store.applyList("unit", many("a"), 1);
  const before = store.tables.unit.listed;
  const controller = new LightSignal();
  const applied = store.applyList("unit", many("b"), 2, controller);
  controller.abort(new AlmaError("ALMA_UNAVAILABLE", "The gateway is closing."));
  await expect(applied).rejects.toThrow("The gateway is closing.");
  expect(store.tables.unit.listed).toBe(before);
  expect(store.tables.unit.listAt).toBe(1);
});
