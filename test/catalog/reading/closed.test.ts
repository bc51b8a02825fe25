import { afterEach, expect, test, vi } from "vitest";
import type { Alma } from "../../../src/alma/index.ts";
import { allEntries, createEntryReader } from "../../../src/catalog/entry/entry.ts";
import { DETAIL } from "../../../src/catalog/index.ts";
import { createStore } from "../../../src/catalog/store/store.ts";
import { paperCatalog, warmCatalog } from "../paper-catalog.ts";

const MAX_AGE = 300_000;
const CLOSED_MAX_AGE = 21_600_000;
const options = { refreshRate: 5, catalogMaxAge: MAX_AGE, closedMaxAge: CLOSED_MAX_AGE, maxCalls: 100 };

afterEach(() => vi.useRealTimers());

/** A warm catalog over six units, of which two are archived, after 50 minutes. */
async function watch() {
  const archived = new Set([1, 2]);
  const alma: { downFor?: number } = {};
  const made = await warmCatalog(options, 6, ({ unit }: Alma) => ({
    state: () => alma,
    unit: {
      ...unit,
      get: async (...[ref, call]: Parameters<typeof unit.get>) => {
        const { match, ...answer } = await unit.get(ref, call);
        if (!match) return answer;
        return {
          ...answer,
          match: { record: { ...match.record, isArchived: archived.has(match.record.id) } },
        };
      },
    },
  }));
  const { catalog, paper } = made;
  paper.calls.length = 0;
  await made.pass(3_000);
  const members = (maxAge?: number) => {
    const operation = catalog.beginOperation("one", maxAge === undefined ? undefined : { maxAge });
    return { operation, found: catalog.findMembers(operation, { kind: "unit", needsDetails: true }) };
  };
  const details = () => paper.calls.splice(0).filter((call) => call.startsWith("unit "));
  return { ...made, alma, archived, members, details };
}

test("closed records are read under their own age, and are shown with it", async () => {
  const { catalog, clock, details, members, oldestAge, pass, stop } = await watch();
  expect(details().filter((call) => /^unit [12]$/.test(call))).toEqual([]);
  expect(oldestAge(({ isClosed }) => !isClosed)).toBeLessThan(MAX_AGE);
  const status = catalog.status().find(({ kind }) => kind === "unit");
  expect(status?.indexAge).toBeLessThan(MAX_AGE / 1000);
  expect(status?.closedAge).toBeGreaterThan(2_900);
  const { operation, found } = members();
  if (found instanceof Promise) throw new Error("Something is read.");
  expect(found.records).toHaveLength(6);
  expect(clock() - found.asOf).toBeGreaterThan(2_900_000);
  expect(operation.oldest).toBe(found.asOf);
  // An answer with closed records is served as long as any other.
  await pass(60);
  expect(catalog.validityOf(operation.basis)).toBe("current");
  await pass(CLOSED_MAX_AGE / 1000);
  expect(oldestAge()).toBeLessThan(CLOSED_MAX_AGE);
  await stop();
});

test("an operation that asks for younger data reads them again", async () => {
  const { details, members, stop } = await watch();
  details();
  await members(900_000).found;
  expect(details().sort()).toEqual(["unit 1", "unit 2"]);
  await stop();
});

test("while Alma is down, closed records keep their own grace", async () => {
  const { alma, catalog, wait, members, stop } = await watch();
  alma.downFor = 1_000_000;
  const known = members();
  expect(known.found).not.toBeInstanceOf(Promise);
  const [open, closed] = [6, 1].map((id) => catalog.store.getOrCreate("unit", id));
  if (!open || !closed) throw new Error("There are six units.");
  const isServed = () => {
    const operation = catalog.beginOperation("one");
    return [open, closed].map(
      (record) => record.asOf(DETAIL) > operation.cutoffOf(record, operation.connectionCutoff),
    );
  };
  expect(isServed()).toEqual([true, true]);
  // The records that a closed record leads to are as fresh as any others.
  const operation = catalog.beginOperation("one");
  expect(operation.cutoffOf(open, operation.cutoffOf(closed, operation.connectionCutoff))).toBe(
    operation.cutoffOf(open, operation.connectionCutoff),
  );
  wait(MAX_AGE);
  expect(isServed()).toEqual([false, true]);
  wait(CLOSED_MAX_AGE);
  expect(isServed()).toEqual([false, false]);
  await stop();
});

test("a process that continues from another one reads no closed record again", async () => {
  const { catalog, clock, archived, stop } = await watch();
  const entries = [...catalog.serialized.entries()];
  await stop();
  const next = paperCatalog(options);
  next.paper.eager = true;
  for (let id = 1; id <= 6; id++) next.paper.add("unit", id);
  next.wait(clock() + MAX_AGE);
  for (const entry of entries) next.catalog.serialized.apply(entry);
  next.catalog.start();
  while (!next.catalog.progress().warm) await new Promise((resolve) => setImmediate(resolve));
  const open = [1, 2, 3, 4, 5, 6].filter((id) => !archived.has(id)).map((id) => `unit ${id}`);
  expect(next.paper.calls.filter((call) => call.startsWith("unit ")).sort()).toEqual(open);
  await next.stop();
});

test("a contract that ended long ago, or is archived, is closed, and so is a client of such contracts alone", async () => {
  const [today, longAgo, lately] = ["2026-03-10", "2026-02-07", "2026-02-08"];
  const store = createStore(undefined, undefined, undefined, () => today);
  const contracts: readonly [client: number, endDate: string | null, isArchived: boolean][] = [
    [1, longAgo, false],
    [1, lately, true],
    [2, longAgo, false],
    [2, lately, false],
    [3, null, false],
  ];
  // Clients are read first, before any contract is known.
  for (const id of [1, 2, 3, 4]) store.applyDetail("client", { record: { id } }, 1);
  store.settle();
  for (const [index, [clientId, endDate, isArchived]] of contracts.entries())
    store.applyDetail(
      "tenantContract",
      {
        record: { id: index + 1, endDate, unitUsage: { unitId: 9, clientId, isArchived } } as {
          readonly id: number;
        },
      },
      2,
    );
  const closed = (of: typeof store) => {
    of.settle();
    return (["client", "tenantContract"] as const).map((kind) =>
      [...of.tables[kind].records].filter(({ isClosed }) => isClosed).map(({ id }) => id),
    );
  };
  expect(closed(store)).toEqual([[1], [1, 2, 3]]);
  // Another process has the same knowledge.
  const next = createStore(undefined, undefined, undefined, () => today);
  const { apply } = createEntryReader(next);
  for (const entry of allEntries(store, 3)) apply(entry);
  expect(closed(next)).toEqual([[1], [1, 2, 3]]);
  store.applyDetail(
    "tenantContract",
    {
      record: { id: 6, endDate: null, unitUsage: { unitId: 9, clientId: 1, isArchived: false } } as {
        readonly id: number;
      },
    },
    4,
  );
  expect(closed(store)).toEqual([[], [1, 2, 3]]);
});
