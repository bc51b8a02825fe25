import { afterEach, expect, test, vi } from "vitest";
import type { Alma } from "../../src/alma/index.ts";
import { changeLogOf } from "../../src/capabilities/history/change-log.ts";
import { recordedLog } from "../../src/capabilities/history/create-recorder.ts";
import { createRefreshQueue } from "../../src/catalog/background/refresh-queue.ts";
import { allEntries, createEntryReader } from "../../src/catalog/entry/entry.ts";
import { createStore } from "../../src/catalog/store/store.ts";
import { warmCatalog } from "../catalog/paper-catalog.ts";

const MAX_AGE = 600_000;

afterEach(() => vi.useRealTimers());

/**
 * A warm catalog over `count` units, some of them archived; its statements about lists, and the changes it has seen.
 */
async function watch(count: number) {
  const losses: unknown[] = [];
  const archived = new Set<number>();
  const onListLoss = (...loss: unknown[]) => losses.push(loss);
  const made = await warmCatalog(
    { refreshRate: 5, catalogMaxAge: MAX_AGE, onListLoss, createRecorder: recordedLog() },
    count,
    ({ unit }: Alma) => ({
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
    }),
  );
  const events = async () => {
    const read = await changeLogOf(made.catalog).read({ kinds: ["unit"], limit: 1_000 });
    return read.map(({ event, id }) => `${event} ${id}`);
  };
  made.paper.calls.length = 0;
  const details = () => made.paper.calls.filter((call) => call.startsWith("unit "));
  return { ...made, archived, losses, events, details };
}

test("a record that leaves its list is read, and the result is recorded", async () => {
  const { paper, archived, pass, events, details, catalog, stop } = await watch(200);
  const [deleted, archivedOne, hidden] = [1, 2, 3];
  for (const thing of paper.things.slice(0, 1)) thing.exists = false;
  paper.unlisted.add(archivedOne).add(hidden);
  archived.add(archivedOne);
  await pass(35);
  const unlisted = ["UNLISTED 3", "UNLISTED 2", "UNLISTED 1"];
  expect(await events()).toEqual([...unlisted, `ARCHIVED ${archivedOne}`]);
  const askedFor = [deleted, archivedOne, hidden].map((id) => `unit ${id}`);
  expect(
    details()
      .filter((call) => askedFor.includes(call))
      .sort(),
  ).toEqual(askedFor);
  // Alma's answer may have been wrong, so the gateway asks once more.
  await pass(35);
  expect(await events()).toEqual([...unlisted, `ARCHIVED ${archivedOne}`, `DISAPPEARED ${deleted}`]);
  await pass(200);
  expect(details().filter((call) => askedFor.includes(call))).toHaveLength(4);
  const { unit } = catalog.store.tables;
  expect([deleted, archivedOne, hidden].map((id) => unit.get(id)?.hasDisappeared)).toEqual([
    true,
    false,
    false,
  ]);
  await stop();
});

test("reports a short list, deletes nothing and makes no burst of calls", async () => {
  const { paper, losses, pass, events, details, catalog, stop } = await watch(100);
  for (let id = 1; id <= 50; id++) paper.unlisted.add(id);
  const { unit } = catalog.store.tables;
  while (unit.listed.length === 100) await pass(0.1);
  expect(losses).toEqual([["unit", 50, 100]]);
  expect(await events()).toEqual(Array.from({ length: 50 }, (_, index) => `UNLISTED ${50 - index}`));
  for (let second = 1; second <= 15; second++) {
    await pass(1);
    expect(details().length).toBeLessThanOrEqual(5 * (second + 1));
  }
  expect(new Set(details()).size).toBe(50);
  expect([...unit.records].filter(({ isUndecided }) => isUndecided)).toEqual([]);
  paper.unlisted.clear();
  await pass(35);
  const all = await events();
  expect(all.filter((event) => event.startsWith("APPEARED"))).toHaveLength(50);
  expect(all).toHaveLength(100);
  expect(unit.listed.length).toBe(100);
  await stop();
});

test("one record that leaves a short list causes no alarm", async () => {
  const { paper, losses, pass, events, stop } = await watch(4);
  paper.unlisted.add(1);
  await pass(35);
  expect(losses).toEqual([]);
  expect(await events()).toEqual(["UNLISTED 1"]);
  await stop();
});

test("a record that is missing for a moment has not disappeared", async () => {
  const { paper, pass, events, stop } = await watch(4);
  for (const thing of paper.things.slice(0, 1)) thing.exists = false;
  await pass(35);
  for (const thing of paper.things.slice(0, 1)) thing.exists = true;
  await pass(65);
  expect(await events()).toEqual(["UNLISTED 1", "APPEARED 1"]);
  await stop();
});

test("the next process makes the reads that were pending at the end, which are kept until then", async () => {
  const store = createStore();
  const list = (ids: readonly number[], at: number) =>
    store.applyList("client", { items: ids.map((id) => ({ record: { id } })), malformed: 0 }, at);
  await list([1, 2, 3], 1);
  for (const id of [1, 2, 3]) store.applyDetail("client", { record: { id } }, 2);
  await list([3], 3);
  const next = createStore();
  const line = createRefreshQueue(next, {
    listInterval: 30_000,
    maxAge: MAX_AGE,
    closedAge: MAX_AGE,
    rate: 1_000,
  });
  const { apply } = createEntryReader(next);
  for (const entry of allEntries(store, 4)) apply(entry);
  for (let id = 10; id < 20_010; id++) next.tables.client.getOrCreate(id);
  // Nothing else is due, and no kind is cached.
  const taken = [1, 2, 3].map(() => line.take([], "2026-01-01", 5)?.id);
  expect(taken.sort()).toEqual([1, 2, undefined]);
});
