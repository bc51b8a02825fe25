import fc from "fast-check";
import { expect, test } from "vitest";
import { type CachedRecord, DETAIL, kinds, type Level, SUMMARY } from "../../../src/catalog/index.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";
import { apply, type Event, histories } from "../store/history.ts";

const levels: readonly Level[] = [SUMMARY, DETAIL];

/** Changes outside any history. Each receives the clock's progress. */
const others: readonly ((cached: CachedRecord, store: Store, now: number) => unknown)[] = [
  (cached) => cached.serveSuperseded(),
  (cached, _store, now) => cached.restore({ ...cached.toState(), detailAt: undefined }, now),
  (cached, _store, now) => cached.repeatSummary(now),
  (cached, store) => store.tables[cached.kind].forget(cached.id),
  (cached, store) => store.getOrCreate(cached.kind, cached.id),
];

/** The read times of each record's served values, queried at the end, and also before if `asks` is set. */
async function ages(history: readonly Event[], asks: boolean): Promise<ReadonlyMap<string, number[]>> {
  const store = createStore();
  const met = new Map<string, CachedRecord>();
  let now = 10;
  for (const event of history) {
    await apply(store, event, ++now);
    for (const kind of kinds) for (const cached of store.tables[kind].records) met.set(cached.key, cached);
    const cached = [...met.values()][event.id];
    if (cached) others[event.other % others.length]?.(cached, store, now);
    if (asks) for (const one of met.values()) for (const level of levels) one.asOf(level);
  }
  return new Map([...met].map(([key, cached]) => [key, levels.map((level) => cached.asOf(level))]));
}

test("the age of a record's data does not depend on earlier calls, in any history", async () => {
  let known = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const asked = await ages(history, true);
      for (const [, [summary, detail]] of asked) if (summary !== detail) known++;
      expect(asked).toEqual(await ages(history, false));
    }),
    { numRuns: 200 },
  );
  expect(known).toBeGreaterThan(100);
});
