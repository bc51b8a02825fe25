import { describe, expect, test } from "vitest";
import { createRefreshQueue, estimateRefreshCost } from "../../../src/catalog/background/refresh-queue.ts";
import { type Kind, kinds } from "../../../src/catalog/index.ts";
import { createStore } from "../../../src/catalog/store/store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TODAY = "2026-03-10";

interface Portfolio {
  /** Units whose contract continues, ended long ago, or ends today. */
  readonly live: number;
  readonly closed: number;
  readonly changing: number;
}

/** A portfolio of units with a contract and a client each, read within a quarter of an hour. */
async function simulate({ live, closed, changing }: Portfolio, rate: number) {
  const store = createStore(undefined, undefined, undefined, () => TODAY);
  const options = { listInterval: 30_000, maxAge: 15 * MINUTE, closedAge: 6 * HOUR, rate };
  const line = createRefreshQueue(store, options);
  const count = live + closed + changing;
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const endOf = (id: number) => (id <= live ? "2027-01-01" : id <= live + closed ? "2026-02-07" : TODAY);
  const contracts = new Map(
    ids.map((id) => [id, { endDate: endOf(id), unitUsage: { unitId: id, clientId: id, isArchived: false } }]),
  );
  const detailOf = (kind: Kind, id: number) => ({ id, ...(kind === "tenantContract" && contracts.get(id)) });
  const read = (kind: Kind, id: number, at: number) =>
    store.applyDetail(kind, { record: detailOf(kind, id) }, at);
  for (const kind of ["unit", "client", "tenantContract"] as const) {
    await store.applyList(kind, { items: ids.map((id) => ({ record: { id } })), malformed: 0 }, 0);
    for (const id of ids) read(kind, id, 1 + Math.random());
  }
  store.settle();
  let now = 2;
  /** The records read until a time, at most `rate` per second. `sinceMidnight`: when the new day is noticed. */
  const run = (until: number, sinceMidnight = 0) => {
    const reads: { readonly key: string; readonly at: number; readonly age: number }[] = [];
    for (; now < until; now += 1_000)
      for (let token = 0; token < rate; token++) {
        const cached = line.take(kinds, TODAY, now, () => sinceMidnight);
        if (!cached) break;
        reads.push({ key: cached.key, at: now, age: now - cached.knownAt });
        read(cached.kind, cached.id, now);
        line.putBack(cached);
      }
    return reads;
  };
  return { store, line, options, contracts, read, run };
}

describe("over hours of simulated time", () => {
  test("live records are read under CATALOG_MAX_AGE, closed ones under CLOSED_MAX_AGE, as estimated", async () => {
    const { store, line, options, run } = await simulate({ live: 60, closed: 60, changing: 0 }, 1);
    expect(line.count()).toEqual({ records: 360, closed: 120 });
    const foreseen =
      estimateRefreshCost(line.count(), options).calls - (kinds.length * HOUR) / options.listInterval;
    run(6 * HOUR);
    const reads = run(12 * HOUR);
    expect(Math.abs(reads.length / 6 / foreseen - 1)).toBeLessThan(0.05);
    const ages = (isClosed: boolean) =>
      reads.filter(({ key }) => {
        const [type, id] = key.split(":");
        return isClosed === (type !== "Unit" && Number(id) > 60);
      });
    expect(Math.max(...ages(false).map(({ age }) => age))).toBeLessThan(15 * MINUTE);
    const closed = ages(true).map(({ age }) => age);
    expect(Math.max(...closed)).toBeLessThan(6 * HOUR);
    expect(Math.min(...closed)).toBeGreaterThan(4 * HOUR);
    expect(store.tables.client.listedStates.closed.size).toBe(60);
  });

  test("data that changes by the calendar is read soon after midnight, and then less and less often", async () => {
    const changing = 4;
    const { run } = await simulate({ live: 0, closed: 0, changing }, 4);
    const reads = run(24 * HOUR).filter(({ key }) => key === "Unit:1");
    const pauses = reads
      .slice(1)
      .map(({ at }, index) => [reads[index]?.at ?? 0, at - (reads[index]?.at ?? 0)] as const);
    for (const [at, pause] of pauses) {
      expect(pause).toBeLessThan(Math.max(32_000, 0.1 * at + 2_000));
      if (at < 2 * HOUR) expect(pause).toBeGreaterThan(Math.max(29_000, 0.1 * at - 2_000));
    }
    // As often as any other record from then on.
    expect(reads.filter(({ at }) => at > 3 * HOUR).length).toBeLessThan((21 * 60) / 14);
    expect(reads.length - (24 * 60) / 14.5).toBeLessThan(45);
  });

  test("a process that starts at noon does not read changing records more often", async () => {
    const { run } = await simulate({ live: 0, closed: 0, changing: 4 }, 4);
    expect(Math.min(...run(HOUR, 12 * HOUR).map(({ age }) => age))).toBeGreaterThan(10 * MINUTE);
  });

  test("a new or changed contract makes its objects and clients due immediately, including former ones", async () => {
    const { contracts, read, run } = await simulate({ live: 4, closed: 4, changing: 0 }, 20);
    run(10 * MINUTE);
    const usage = { unitId: 2, clientId: 8, isArchived: false };
    contracts.set(1, { endDate: "2027-01-01", unitUsage: usage });
    read("tenantContract", 1, 10 * MINUTE);
    const soon = run(10 * MINUTE + 5_000).map(({ key }) => key);
    expect(soon.sort()).toEqual(["Client:1", "Client:8", "Unit:1", "Unit:2"]);
    // A closed client with a continuing contract is no longer closed.
    const later = run(40 * MINUTE).map(({ key }) => key);
    expect(later.filter((key) => key === "Client:8").length).toBeGreaterThan(1);
    expect(later).not.toContain("Client:7");
    read("tenantContract", 1, 41 * MINUTE);
    expect(run(40 * MINUTE + 5_000).filter(({ age }) => age < 5 * MINUTE)).toEqual([]);
  });
});
