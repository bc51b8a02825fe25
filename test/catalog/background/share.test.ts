import { afterEach, expect, test, vi } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import { keptCatalog } from "../paper-catalog.ts";

const TODAY = "2026-01-01";
const MAX_AGE = 300_000;
const pace = { refreshRate: 2, catalogMaxAge: MAX_AGE, today: () => TODAY };

afterEach(() => vi.useRealTimers());

test("records that cannot be read leave the refresh to the others", async () => {
  const broken = 80;
  const asked: number[] = [];
  const one = await keptCatalog(pace, broken + 40, ({ unit }) => ({
    unit: {
      ...unit,
      get: async (ref: { id: number }, options: object) => {
        if (ref.id > broken) return unit.get(ref, options as never);
        asked.push(ref.id);
        throw new AlmaError("ALMA_BAD_ANSWER", "It cannot be read.");
      },
    },
  }));
  await one.pass(500);
  expect(one.oldest(({ id }) => id > broken)).toBeLessThan(MAX_AGE);
  expect(new Set(asked).size).toBe(broken);
  // They are tried again as often as their share of the calls allows, for callers would have to do it otherwise.
  const refreshing = 500 * pace.refreshRate;
  expect(asked.length - broken).toBeGreaterThan(refreshing / 4);
  expect(asked.length - broken).toBeLessThanOrEqual(refreshing);
  await one.stop();
});

test("a record that cannot be read is asked for again when its list shows something else", async () => {
  let asked = 0;
  const one = await keptCatalog(pace, 1, ({ unit }) => ({
    unit: {
      ...unit,
      get: async () => {
        asked++;
        throw new AlmaError("ALMA_BAD_ANSWER", "It cannot be read.");
      },
    },
  }));
  await one.pass(50);
  const before = asked;
  const [unit] = one.paper.things;
  if (unit) unit.version++;
  await one.pass(31);
  expect(asked).toBe(before + 1);
  await one.stop();
});

test("what changes today leaves half of the refresh to the others", async () => {
  const { one, changing } = await changingToday(pace, 120, 20);
  await one.pass(500);
  expect(one.oldest(({ id }) => id > changing)).toBeLessThan(MAX_AGE);
  expect(one.oldest(({ id }) => id <= changing)).toBeLessThan(MAX_AGE);
  await one.stop();
});

test("and does so where hardly a detail is read from one list to the next", async () => {
  const { one, changing } = await changingToday({ ...pace, refreshRate: 1, catalogMaxAge: 10_000 }, 20, 4);
  await one.pass(120);
  expect(one.oldest(({ id }) => id > changing)).toBeLessThan(60_000);
  await one.stop();
});

/** A kept catalog of units, the first of which have contracts that end today. */
async function changingToday(how: typeof pace, changing: number, others: number) {
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
  const one = await keptCatalog(how, changing + others, (_, clock) => ({
    tenantContract: {
      list: async () => ({
        asOf: clock(),
        value: { items: ids.map((id) => ({ record: { id, number: "", externalId: null } })), malformed: 0 },
      }),
      get: async ({ id }: { id: number }) => ({ asOf: clock(), isConclusive: true, match: contract(id) }),
    },
  }));
  return { one, changing };
}

test("lists that take all there is to spend leave every list its turn, and half of the calls to details", async () => {
  // Six lists every 5 s are more than one call a second.
  const one = await keptCatalog({ ...pace, refreshRate: 1, catalogMaxAge: 10_000 }, 4);
  await one.pass(120);
  const ages = one.catalog.status().map(({ listAge = Number.POSITIVE_INFINITY }) => listAge);
  expect(Math.max(...ages)).toBeLessThan(20);
  expect(one.oldest()).toBeLessThan(20_000);
  await one.stop();
});

test("lists that are slow to come leave every list its turn, and details theirs", async () => {
  let slow = false;
  const one = await keptCatalog({ ...pace, refreshRate: 1 }, 4, ({ building }, clock) => {
    const list = async () => {
      const asOf = clock();
      if (slow) await later(12_000);
      return { asOf, value: { items: [], malformed: 0 } };
    };
    return { building: { ...building, list }, room: { ...building, list }, client: { ...building, list } };
  });
  slow = true;
  await one.pass(600);
  const ages = one.catalog.status().map(({ listAge = Number.POSITIVE_INFINITY }) => listAge);
  expect(Math.max(...ages)).toBeLessThan(120);
  expect(one.oldest()).toBeLessThan(MAX_AGE);
  slow = false;
  await one.pass(13);
  await one.stop();
});

/** Waits in the time that a test lets pass. */
const later = (ms: number) =>
  new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      clearInterval(timer);
      resolve();
    }, ms);
  });
