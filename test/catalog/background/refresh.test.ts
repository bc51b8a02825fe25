import { afterEach, expect, test, vi } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import type { RefreshCost } from "../../../src/catalog/background/refresh-queue.ts";
import { DETAIL, kinds } from "../../../src/catalog/index.ts";
import { warmCatalog } from "../paper-catalog.ts";

const TODAY = "2026-01-01";
const MAX_AGE = 300_000;
const pace = { refreshRate: 2, catalogMaxAge: MAX_AGE, today: () => TODAY };

afterEach(() => vi.useRealTimers());

test("records that cannot be read do not keep others from being refreshed", async () => {
  const broken = 80;
  const asked: number[] = [];
  const made = await warmCatalog(pace, broken + 40, ({ unit }) => ({
    unit: {
      ...unit,
      get: async (ref: { id: number }, options: object) => {
        if (ref.id > broken) return unit.get(ref, options as never);
        asked.push(ref.id);
        throw new AlmaError("ALMA_BAD_ANSWER", "It cannot be read.");
      },
    },
  }));
  await made.pass(500);
  expect(made.oldestAge(({ id }) => id > broken)).toBeLessThan(MAX_AGE);
  expect(new Set(asked).size).toBe(broken);
  // Retries use at most half of the calls; otherwise callers would have to read these records.
  const refreshCalls = 500 * pace.refreshRate;
  expect(asked.length - broken).toBeGreaterThan(refreshCalls / 4);
  expect(asked.length - broken).toBeLessThanOrEqual(refreshCalls);
  await made.stop();
});

test("a record that cannot be read is tried again immediately when its list entry changes", async () => {
  let isBroken = false;
  let asked = 0;
  const made = await warmCatalog(pace, 1, ({ unit }) => ({
    unit: {
      ...unit,
      get: async (ref: object, options: object) => {
        if (!isBroken) return unit.get(ref as never, options as never);
        asked++;
        throw new AlmaError("ALMA_BAD_ANSWER", "It cannot be read.");
      },
    },
  }));
  const { catalog, paper, pass } = made;
  await pass(20);
  isBroken = true;
  const operation = catalog.beginOperation("caller", { maxAge: 0 });
  const record = catalog.store.getOrCreate("unit", 1);
  await catalog.load(operation, [{ record, level: DETAIL, cutoff: operation.namedCutoff }]);
  expect(asked).toBe(1);
  // The next list read is at 30 s; a failed read is retried after 15 s.
  const [unit] = paper.things;
  if (unit) unit.version++;
  await pass(12);
  expect(asked).toBe(2);
  await pass(10);
  expect(asked).toBe(2);
  await pass(5);
  expect(asked).toBe(3);
  await made.stop();
});

test("records that change today leave half of the refresh to others", async () => {
  const { made, changing } = await changingToday(pace, 120, 20);
  await made.pass(500);
  expect(made.oldestAge(({ id }) => id > changing)).toBeLessThan(MAX_AGE);
  expect(made.oldestAge(({ id }) => id <= changing)).toBeLessThan(MAX_AGE);
  await made.stop();
});

test("records that change today leave half of the refresh to others, even with few details between two lists", async () => {
  const { made, changing } = await changingToday({ ...pace, refreshRate: 1, catalogMaxAge: 10_000 }, 20, 4);
  await made.pass(120);
  expect(made.oldestAge(({ id }) => id > changing)).toBeLessThan(60_000);
  await made.stop();
});

/** A warm catalog of units, the first of which have contracts that end today. */
async function changingToday(options: typeof pace, changing: number, others: number) {
  const ids = Array.from({ length: changing }, (_, index) => index + 1);
  const contract = (id: number) => ({
    record: {
      id,
      number: "",
      externalId: null,
      endDate: TODAY,
      unitUsage: { unitId: id, clientId: null, isArchived: false },
    },
  });
  const made = await warmCatalog(options, changing + others, (_, clock) => ({
    tenantContract: {
      list: async () => ({
        asOf: clock(),
        value: { items: ids.map((id) => ({ record: { id, number: "", externalId: null } })), malformed: 0 },
      }),
      get: async ({ id }: { id: number }) => ({ asOf: clock(), isConclusive: true, match: contract(id) }),
    },
  }));
  return { made, changing };
}

test("lists that need more calls than the rate are all read, and leave half of the calls to details", async () => {
  // Six lists every 5 s are more than one call a second.
  const made = await warmCatalog({ ...pace, refreshRate: 1, catalogMaxAge: 10_000 }, 4);
  await made.pass(120);
  const ages = made.catalog.status().map(({ listAge = Number.POSITIVE_INFINITY }) => listAge);
  expect(Math.max(...ages)).toBeLessThan(20);
  expect(made.oldestAge()).toBeLessThan(20_000);
  await made.stop();
});

test("slow lists keep neither other lists nor details from being refreshed", async () => {
  let slow = false;
  const made = await warmCatalog({ ...pace, refreshRate: 1 }, 4, ({ building }, clock) => {
    const list = async () => {
      const asOf = clock();
      if (slow) await later(12_000);
      return { asOf, value: { items: [], malformed: 0 } };
    };
    return { building: { ...building, list }, room: { ...building, list }, client: { ...building, list } };
  });
  slow = true;
  await made.pass(600);
  const ages = made.catalog.status().map(({ listAge = Number.POSITIVE_INFINITY }) => listAge);
  expect(Math.max(...ages)).toBeLessThan(120);
  expect(made.oldestAge()).toBeLessThan(MAX_AGE);
  slow = false;
  await made.pass(13);
  await made.stop();
});

/** Waits on the clock that the test advances. */
const later = (ms: number) =>
  new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      clearInterval(timer);
      resolve();
    }, ms);
  });

/** The estimated cost of refreshing 120 records. */
async function foresee(refreshRate: number, catalogMaxAge = 60_000) {
  const costs: RefreshCost[] = [];
  const onRefreshCost = (cost: RefreshCost) => costs.push(cost);
  const made = await warmCatalog({ ...pace, refreshRate, catalogMaxAge, onRefreshCost }, 120);
  await made.pass(40);
  await made.stop();
  expect(costs).toHaveLength(1);
  return costs[0] as RefreshCost;
}

test("the rate that the refresh needs is predicted once, and falls with the maximum age", async () => {
  const { records, neededRate } = await foresee(1);
  expect(records).toBe(120);
  expect(neededRate).toBeGreaterThan(2);
  expect((await foresee(neededRate)).neededRate).toBe(neededRate);
  expect((await foresee(1, 600_000)).neededRate).toBeLessThan(neededRate);
});

test("the calls of an hour are predicted, and no detail is read long before it is too old", async () => {
  const { calls: foreseen } = await foresee(20, MAX_AGE);
  const listCalls = (kinds.length * 3_600_000) / 30_000;
  const detailCalls = foreseen - listCalls;
  const made = await warmCatalog({ ...pace, refreshRate: 20 }, 120);
  const before = made.paper.calls.length;
  let oldest = 0;
  // The paper Alma has none of the catalog's other lists.
  for (let minute = 0; minute < 60; minute++) {
    await made.pass(60);
    oldest = Math.max(oldest, made.oldestAge());
  }
  const calls = made.paper.calls.slice(before);
  const details = calls.filter((call) => / /.test(call)).length;
  expect(oldest).toBeLessThan(MAX_AGE);
  expect(details).toBeLessThanOrEqual(detailCalls * 1.05);
  expect(details).toBeGreaterThan(detailCalls * 0.8);
  expect(calls.length - details).toBeLessThanOrEqual(listCalls / 3 + 2);
  await made.stop();
});
