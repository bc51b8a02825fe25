import { expect, test } from "vitest";
import type { Catalog } from "../../../src/catalog/index.ts";
import { invalidate } from "../../../src/catalog/store/invalidate.ts";
import { paperCatalog } from "../paper-catalog.ts";

const MAX_AGE = 300_000;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A catalog over `count` units with a room each, and the entries it wrote after `age` milliseconds. */
async function written(count: number, age = 0, isEnough: (catalog: Catalog) => boolean = isWarm) {
  const made = paperCatalog({ catalogMaxAge: MAX_AGE });
  const { paper, catalog, wait, stop } = made;
  addRecords(paper, count);
  catalog.start();
  while (!isEnough(catalog)) {
    paper.pending[0]?.answer();
    await turn();
  }
  wait(age);
  const entries = [...catalog.serialized.entries()];
  await stop();
  return { entries, at: made.clock() };
}

const isWarm = (catalog: Catalog) => catalog.progress().warm;

function addRecords(paper: ReturnType<typeof paperCatalog>["paper"], count: number): void {
  for (let id = 1; id <= count; id++) {
    paper.add("unit", id);
    paper.add("room", 100 + id, id);
  }
}

/** A catalog of a later process, `pause` milliseconds after the entries were written; it is not started. */
function restarted({ entries, at }: Awaited<ReturnType<typeof written>>, count: number, pause: number) {
  const made = paperCatalog({ catalogMaxAge: MAX_AGE });
  addRecords(made.paper, count);
  made.wait(at + pause);
  for (const entry of entries) made.catalog.serialized.apply(entry);
  return made;
}

/** Waits until a catalog is warm. Returns the requests that it made meanwhile. */
async function warm({ paper, catalog, stop }: ReturnType<typeof paperCatalog>): Promise<readonly string[]> {
  catalog.start();
  while (!isWarm(catalog)) {
    paper.pending[0]?.answer();
    await turn();
  }
  const calls = [...paper.calls];
  await stop();
  return calls;
}

test("data read within its age is not read again", async () => {
  const made = restarted(await written(20), 20, MAX_AGE / 2);
  expect(isWarm(made.catalog)).toBe(false);
  expect(await warm(made)).toEqual([]);
});

test("reads stale records again, oldest first; until then they count as unmaintained", async () => {
  const old = await written(3);
  const first = restarted(old, 3, MAX_AGE - 100_000);
  // Two units are read in between.
  const operation = first.catalog.beginOperation("r", { maxAge: 0 });
  first.paper.eager = true;
  const { unit } = first.catalog.store.tables;
  for (const id of [3, 1])
    await first.catalog.load(operation, [
      { record: unit.getOrCreate(id), level: 2, cutoff: operation.startedAt },
    ]);
  const second = restarted(
    { entries: [...first.catalog.serialized.entries()], at: first.clock() },
    3,
    150_000,
  );
  const { catalog } = second;
  expect(catalog.beginOperation("r").indexCutoff).toBeGreaterThan(0);
  expect(catalog.beginOperation("r", { serveStale: true }).indexCutoff).toBe(Number.NEGATIVE_INFINITY);
  const details = (await warm(second)).filter((call) => !call.endsWith("s"));
  expect(details.slice(0, 1)).toEqual(["unit 2"]);
  expect(details).not.toContain("unit 1");
  expect(details).not.toContain("unit 3");
  expect(details.filter((call) => call.startsWith("room"))).toHaveLength(3);
  expect(catalog.beginOperation("r").indexCutoff).toBe(Number.NEGATIVE_INFINITY);
});

test("a half read catalog reads the rest", async () => {
  const half = await written(20, 0, ({ store }) => store.tables.unit.listedStates.live.size >= 7);
  const known = half.entries.filter(({ value }) => value?.includes('"detailAt"')).length;
  const calls = await warm(restarted(half, 20, 1_000));
  expect(new Set(calls).size).toBe(calls.length);
  expect(calls.filter((call) => !call.endsWith("s"))).toHaveLength(40 - known);
});

test("a query that accepts stale data waits for nothing that an earlier process has read", async () => {
  const made = restarted(await written(5), 5, 2 * MAX_AGE);
  const { catalog, paper } = made;
  catalog.start();
  const query = { kind: "unit", needsDetails: true } as const;
  const stale = catalog.beginOperation("r", { serveStale: true });
  const members = await catalog.findMembers(stale, query);
  expect(members.records).toHaveLength(5);
  expect(stale.calls).toBe(0);
  expect(catalog.clock() - members.asOf).toBeGreaterThan(2 * MAX_AGE);
  const fresh = catalog.beginOperation("r");
  const waiting = Promise.resolve(catalog.findMembers(fresh, query));
  while (!isWarm(catalog)) {
    paper.pending[0]?.answer();
    await turn();
  }
  expect(catalog.clock() - (await waiting).asOf).toBeLessThan(MAX_AGE);
  await made.stop();
});

test("a write that ended before everything was read counts, and so does one reported by another process", async () => {
  const { entries, at } = await written(3);
  const made = restarted({ entries, at }, 3, 1_000);
  const { catalog, clock } = made;
  const cached = catalog.store.tables.unit.getOrCreate(2);
  expect(cached.asOf(2)).toBeGreaterThan(0);
  const endedAt = clock();
  invalidate(catalog.store, { kind: "unit", verb: "update", id: 2 }, endedAt);
  expect(cached.asOf(2)).toBe(Number.NEGATIVE_INFINITY);
  // An entry written before the write does not undo it.
  for (const entry of entries) catalog.serialized.apply(entry);
  expect(cached.asOf(2)).toBe(Number.NEGATIVE_INFINITY);
  catalog.noteWrite({ kind: "unit", verb: "update", id: 1 });
  expect([...(await warm(made))].sort()).toEqual(["room 101", "room 102", "unit 1", "unit 2"]);
});

test("readings are dated by the clock that a process continues, however close it is to its own", async () => {
  const { catalog, clock, wait, stop } = paperCatalog({ catalogMaxAge: MAX_AGE });
  // Another process leads at this point; its clock is ahead by less than the permitted drift.
  wait(400);
  catalog.start();
  expect(catalog.dates.of(clock()).getTime()).toBeLessThan(Date.now() + 100);
  await stop();
});
