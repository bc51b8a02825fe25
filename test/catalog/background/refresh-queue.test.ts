import fc from "fast-check";
import { expect, test } from "vitest";
import { createRefreshQueue, type RefreshOptions } from "../../../src/catalog/background/refresh-queue.ts";
import { type CachedRecord, kinds, NEVER } from "../../../src/catalog/index.ts";
import type { FieldValues } from "../../../src/catalog/record/source.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";
import { apply, histories } from "../store/history.ts";

const DAYS = ["2026-01-01", "2026-01-02"] as const;

/**
 * All due records, found by checking every record: the urgent ones, and those with slack, oldest first. `changing` has
 * the keys of records whose status may change today, which began at `beganAt`. `news` has, by key, the times at which
 * contracts last showed a change that concerns a record.
 */
function findDue(
  store: Store,
  options: RefreshOptions,
  changing: ReadonlySet<string>,
  news: ReadonlyMap<string, number>,
  beganAt: number,
  now: number,
) {
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
    if ((news.get(cached.key) ?? NEVER) >= knownAt) return now > (news.get(cached.key) ?? NEVER);
    const pause = Math.max(listInterval, (knownAt - beganAt) / 10);
    return changing.has(cached.key) && knownAt + pause < agedAt(cached, options) ? age > pause : undefined;
  };
  const aged = maintained.filter((cached) => isUrgent(cached) === undefined);
  return { due: [...maintained.filter(isUrgent), ...findAged(aged, options, now)], aged: new Set(aged) };
}

/** The due time of a record without urgency. */
const agedAt = ({ knownAt, isClosed }: CachedRecord, { maxAge, closedAge }: RefreshOptions) =>
  knownAt + (62 / 64) * (isClosed ? closedAge : maxAge);

/** The records that are taken, in order of their due times, until all others can wait. */
function findAged(records: readonly CachedRecord[], options: RefreshOptions, now: number) {
  const dueAt = (cached: CachedRecord) => agedAt(cached, options);
  const waiting = records.toSorted((one, other) => dueAt(one) - dueAt(other));
  const beganOf = (cached: CachedRecord) => {
    const stretch = (cached.isClosed ? options.closedAge : options.maxAge) / 64;
    return Math.floor(dueAt(cached) / stretch) * stretch;
  };
  const mustBegin = () =>
    waiting.some((cached) => {
      const began = beganOf(cached);
      const before = waiting.filter((other) => beganOf(other) <= began).length;
      return began - 1250 * (before / options.rate) <= now;
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
    .flatMap(({ value }) => partiesOf(value));
}

/** The keys of the records that a contract may refer to. */
function partiesOf(value: FieldValues = {}): readonly string[] {
  const usage = value.unitUsage as { unitId: number; clientId: number | null } | undefined;
  return usage ? [`Unit:${usage.unitId}`, `Room:${usage.unitId}`, `Client:${usage.clientId}`] : [];
}

const options = fc.record({
  listInterval: fc.integer({ min: 2, max: 20 }),
  maxAge: fc.integer({ min: 1, max: 60 }),
  closedAge: fc.integer({ min: 60, max: 90 }),
  rate: fc.constantFrom(10, 1_000, 100_000),
});
test("after any history, the queue contains the records that a scan of all records finds due", async () => {
  await fc.assert(
    fc.asyncProperty(histories, options, async (history, pace) => {
      const store = createStore();
      const line = createRefreshQueue(store, pace);
      let now = 10;
      let beganAt = now;
      let day: string | undefined;
      let changing = new Set<string>();
      const contracts = new Map<CachedRecord, FieldValues>();
      const news = new Map<string, number>();
      for (const [index, event] of history.entries()) {
        await apply(store, event, ++now);
        store.settle();
        for (const kind of ["ownerContract", "tenantContract"] as const)
          for (const contract of store.tables[kind].records) {
            const before = contracts.get(contract);
            contracts.set(contract, contract.value);
            if (day === undefined || before === contract.value) continue;
            const at = Math.max(contract.detailAt, contract.changeReportedAt);
            for (const key of [...partiesOf(before), ...partiesOf(contract.value)]) news.set(key, at);
          }
        // A contract's earlier references of the same day count until the day ends.
        for (const key of day ? findChanging(store, day) : []) changing.add(key);
        if (index % 9 !== 0) continue;
        const today = DAYS[index < history.length / 2 ? 0 : 1];
        if (today !== day) {
          changing = new Set(findChanging(store, today));
          beganAt = now;
        }
        day = today;
        const { due, aged } = findDue(store, pace, changing, news, beganAt, now);
        const taken: CachedRecord[] = [];
        for (let cached = line.take(kinds, today, now); cached; cached = line.take(kinds, today, now))
          taken.push(cached);
        // Among equally old records with slack, any may be taken first.
        const told = (cached: CachedRecord) =>
          aged.has(cached) ? `due at ${agedAt(cached, pace)}` : cached.key;
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
  const line = createRefreshQueue(store, { listInterval: 30, maxAge: 100, closedAge: 100, rate: 1_000 });
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
