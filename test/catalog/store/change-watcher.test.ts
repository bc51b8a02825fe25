import fc from "fast-check";
import { expect, test } from "vitest";
import { type CachedRecord, DETAIL, EXISTS, kinds, SUMMARY } from "../../../src/catalog/index.ts";
import { Store } from "../../../src/catalog/store/store.ts";
import { apply, histories } from "./history.ts";

/** What answers show of a record, or decide by. */
function stateOf(cached: CachedRecord) {
  const { value, fieldErrors, version, slot } = cached;
  return { value, fieldErrors, version, slot, detailAt: cached.asOf(DETAIL) };
}

/** Changes that no history has. */
const others: readonly ((store: Store, cached: CachedRecord) => unknown)[] = [
  (_store, cached) => cached.serveSuperseded(),
  (_store, cached) => cached.restore({ ...cached.toState(), detailAt: undefined }, 0),
  (store, cached) => store.tables[cached.kind].recordMap.forget(cached.id),
  (store, cached) => store.getOrCreate(cached.kind, cached.id),
];

test("whoever watches is told of a record before it changes, in any history, and while it is as it was", async () => {
  let [told, changed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const store = new Store();
      const met = new Set<CachedRecord>();
      let before = new Map<CachedRecord, ReturnType<typeof stateOf>>();
      const toldNow = new Set<CachedRecord>();
      store.watchers.add({
        beforeChange(cached) {
          if (!toldNow.has(cached) && before.has(cached))
            expect(stateOf(cached), cached.key).toEqual(before.get(cached));
          toldNow.add(cached);
          told++;
        },
      });
      const change = async (work: () => unknown) => {
        for (const kind of kinds) for (const cached of store.tables[kind].records) met.add(cached);
        before = new Map([...met].map((cached) => [cached, stateOf(cached)]));
        const shownAt = new Map([...met].map((cached) => [cached, cached.asOf(SUMMARY)]));
        toldNow.clear();
        await work();
        for (const [cached, state] of before) {
          const isSame = Object.entries(stateOf(cached)).every(
            ([name, value]) => value === state[name as keyof typeof state],
          );
          const isShownNoLonger = cached.asOf(SUMMARY) < (shownAt.get(cached) ?? 0);
          if (isSame && !isShownNoLonger) continue;
          changed++;
          expect(toldNow.has(cached), cached.key).toBe(true);
        }
      };
      let now = 10;
      for (const event of history) {
        await change(() => apply(store, event, ++now));
        const other = others[event.other % others.length];
        const cached = [...met][event.id];
        if (cached) await change(() => other?.(store, cached));
      }
    }),
  );
  expect(Math.min(told, changed)).toBeGreaterThan(500);
});

test("a list that repeats what is known tells nobody, unless the one before left that out", async () => {
  const store = new Store();
  const items = [1, 2].map((id) => ({ record: { id, name: "A" }, fieldErrors: undefined }));
  const told: string[] = [];
  store.watchers.add({ beforeChange: ({ id, version }) => told.push(`${id} ${version}`) });
  const list = async (at: number, ...ids: number[]) => {
    const named = items.filter(({ record }) => ids.includes(record.id));
    await store.applyList("unit", { items: named, malformed: 0 }, at);
    return told.splice(0);
  };
  await list(1, 1, 2);
  expect(await list(2, 1, 2)).toEqual([]);
  expect(store.getOrCreate("unit", 1).asOf(EXISTS)).toBe(2);
  await list(3, 2);
  const { version } = store.getOrCreate("unit", 1);
  expect(await list(4, 1, 2)).toEqual([`1 ${version}`]);
});
