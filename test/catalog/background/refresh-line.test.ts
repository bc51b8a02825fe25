import fc from "fast-check";
import { expect, test } from "vitest";
import { createRefreshLine, type RefreshOptions } from "../../../src/catalog/background/refresh-line.ts";
import { type CachedRecord, kinds, NEVER } from "../../../src/catalog/index.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";
import { apply, histories } from "../store/history.ts";

const DAYS = ["2026-01-01", "2026-01-02"] as const;

/**
 * All records that are due, found by looking at all of them, and those that have time, of which the oldest are due.
 * `changing`: keys of those whose status may change today.
 */
function findDue(store: Store, options: RefreshOptions, changing: ReadonlySet<string>, now: number) {
  const { listInterval, maxAge } = options;
  const maintained = kinds.flatMap((kind) => [
    ...store.tables[kind].listed,
    ...store.tables[kind].referredStates.all,
    ...[...store.tables[kind].records].filter((cached) => !cached.membership && cached.isUndecided),
  ]);
  const isUrgent = (cached: CachedRecord): boolean | undefined => {
    const { knownAt, failure, changeReportedAt } = cached;
    const age = now - knownAt;
    if (failure && cached.failureSince(changeReportedAt))
      return now - failure.at > listInterval / 2 && age > maxAge / 2;
    if (knownAt === NEVER || cached.servesSuperseded) return true;
    if (cached.isDoubtfullyGone) return age > listInterval;
    return changing.has(cached.key) ? age > listInterval : undefined;
  };
  const aged = maintained.filter((cached) => isUrgent(cached) === undefined);
  return { due: [...maintained.filter(isUrgent), ...findAged(aged, options, now)], aged: new Set(aged) };
}

/** Those that are taken, the oldest first, until all that are left can wait. */
function findAged(records: readonly CachedRecord[], { maxAge, rate }: RefreshOptions, now: number) {
  const stretch = maxAge / 64;
  const waiting = records.toSorted((one, other) => one.knownAt - other.knownAt);
  const mustBegin = () =>
    waiting.some(({ knownAt }) => {
      const began = Math.floor(knownAt / stretch) * stretch;
      const before = waiting.filter((other) => other.knownAt < began + stretch).length;
      return began + maxAge - 2 * stretch - 1250 * (before / rate) <= now;
    });
  const taken: CachedRecord[] = [];
  while (waiting.length > 0 && mustBegin()) taken.push(waiting.shift() as CachedRecord);
  return taken;
}

/** The keys of the rental objects and clients of contracts that start or end on a day. */
function findChanging(store: Store, day: string): readonly string[] {
  const contracts = [...store.tables.ownerContract.listed, ...store.tables.tenantContract.listed];
  return contracts
    .filter(({ value }) => value.startDate === day || value.endDate === day)
    .flatMap(({ value }) => {
      const usage = value.unitUsage as { unitId: number; clientId: number | null } | undefined;
      return usage ? [`Unit:${usage.unitId}`, `Room:${usage.unitId}`, `Client:${usage.clientId}`] : [];
    });
}

const options = fc.record({
  listInterval: fc.integer({ min: 2, max: 20 }),
  maxAge: fc.integer({ min: 1, max: 60 }),
  rate: fc.constantFrom(10, 1_000, 100_000),
});
test("after any history, the line has what looking at all records finds due", async () => {
  await fc.assert(
    fc.asyncProperty(histories, options, async (history, pace) => {
      const store = createStore();
      const line = createRefreshLine(store, pace);
      let now = 10;
      let day: string | undefined;
      let changing = new Set<string>();
      for (const [index, event] of history.entries()) {
        await apply(store, event, ++now);
        store.settle();
        // What a contract referred to earlier on that day counts until the day ends.
        for (const key of day ? findChanging(store, day) : []) changing.add(key);
        if (index % 9 !== 0) continue;
        const today = DAYS[index < history.length / 2 ? 0 : 1];
        if (today !== day) changing = new Set(findChanging(store, today));
        day = today;
        const { due, aged } = findDue(store, pace, changing, now);
        const taken: CachedRecord[] = [];
        for (let cached = line.take(kinds, today, now); cached; cached = line.take(kinds, today, now))
          taken.push(cached);
        // Of several that have time and are equally old, any may be taken first.
        const told = (cached: CachedRecord) => (aged.has(cached) ? `as of ${cached.knownAt}` : cached.key);
        expect(taken.map(told).sort()).toEqual(due.map(told).sort());
        expect(new Set(taken).size).toBe(taken.length);
        for (const cached of taken) line.putBack(cached);
      }
    }),
    { numRuns: 500 },
  );
});

test("the oldest detail is taken first, and urgent ones alternate with aged ones", async () => {
  const store = createStore();
  const line = createRefreshLine(store, { listInterval: 30, maxAge: 100, rate: 1_000 });
  const ids = [1, 2, 3, 4, 5, 6];
  await store.applyList("building", { items: ids.map((id) => ({ record: { id } })), malformed: 0 }, 1);
  // The buildings 4 to 6 are unread.
  for (const [id, at] of [
    [1, 12],
    [2, 11],
    [3, 13],
  ] as const)
    store.applyDetail("building", { record: { id } }, at);
  const taken = ids.map(() => line.take(["building"], DAYS[0], 1_000)?.id);
  expect([taken[1], taken[3], taken[5]]).toEqual([2, 1, 3]);
  expect([taken[0], taken[2], taken[4]].sort()).toEqual([4, 5, 6]);
  expect(line.take(["building"], DAYS[0], 1_000)).toBeUndefined();
});
