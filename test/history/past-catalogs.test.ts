import { afterEach, expect, test, vi } from "vitest";
import type { Alma } from "../../src/alma/index.ts";
import { changeLogOf } from "../../src/capabilities/history/change-log.ts";
import { recordedLog } from "../../src/capabilities/history/create-recorder.ts";
import { createPastCatalogs, type UsedPastCatalog } from "../../src/capabilities/history/past-catalogs.ts";
import { createCatalog } from "../../src/catalog/index.ts";
import { kinds } from "../../src/catalog/record/kind.ts";

const MONTH = 30 * 24 * 3_600_000;
const UNITS = 20;
const CHANGES = 3_000;
const MONTHS = 6;

afterEach(() => void vi.useRealTimers());

const detailOf = (id: number, name = "") => ({ record: { id, name } });

/** A catalog whose units changed in each of some months, and its contents at the end of each. */
async function startLive() {
  // Changes are known since the catalog's creation, by the wall clock, which its own clock follows here.
  let now = Date.now() + 60_000;
  const ages = { maxAge: 1e9, catalogMaxAge: 1e9, maxCalls: 1e6 };
  const alma = { state: () => ({}) } as unknown as Alma;
  const live = createCatalog({
    ...{ alma, ...ages, today: () => "2026-01-01" },
    // Like the gateway's clock, it counts fractions of milliseconds.
    clock: () => (now += 1.1),
    createRecorder: recordedLog(),
  });
  live.dates.of = (at) => new Date(at);
  for (const kind of kinds) {
    const items =
      kind === "unit" ? Array.from({ length: UNITS }, (_, id) => ({ record: { id, name: `${id}` } })) : [];
    await live.store.applyList(kind, { items, malformed: 0 }, ++now, undefined, ++now);
  }
  const ends: { readonly time: number; readonly names: readonly string[] }[] = [];
  const names = Array.from({ length: UNITS }, (_, id) => `${id}`);
  for (let month = 0; month < MONTHS; month++) {
    for (let count = 0; count < CHANGES; count++) {
      const id = (count * 7 + month) % UNITS;
      names[id] = `${month}-${count}`;
      live.store.applyDetail("unit", detailOf(id, names[id]), ++now, ++now);
    }
    live.store.settle();
    now += MONTH;
    ends.push({ time: now - 1_000, names: [...names] });
  }
  const read = changeLogOf(live).backwards.bind(changeLogOf(live));
  /** The number of changes that were examined. */
  let looked = 0;
  vi.spyOn(changeLogOf(live), "backwards").mockImplementation(async function* (before) {
    for await (const page of read(before)) {
      looked += page.length;
      yield page;
    }
  });
  const past = createPastCatalogs(live);
  const namesOf = ({ catalog }: UsedPastCatalog) =>
    Array.from({ length: UNITS }, (_, id) => catalog.store.tables.unit.get(id)?.value.name);
  /** Asks for a month-end, and uses it until `look` has finished. */
  const ask = async (month: number, look: () => Promise<void> = async () => {}) => {
    const { time, names: shown } = ends[month] as (typeof ends)[number];
    const used = await past.at(time);
    expect(namesOf(used)).toEqual(shown);
    await look();
    // A reader sees one time, whichever times others request meanwhile.
    expect([used.catalog.time, namesOf(used)]).toEqual([time, shown]);
    used.release();
    return used.catalog;
  };
  return { live, past, ends, ask, looked: () => looked };
}

test("walking from the end to the beginning reads each change about once", async () => {
  const { ask, looked } = await startLive();
  for (let month = MONTHS - 1; month >= 0; month--) await ask(month);
  expect(looked()).toBeGreaterThanOrEqual((MONTHS - 1) * CHANGES);
  expect(looked()).toBeLessThan(2 * MONTHS * CHANGES);
});

test("concurrent queries share a moment, two moments are kept, and a third waits until one is unused", async () => {
  const { ask } = await startLive();
  let isOver = false;
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const looking = [3, 3, 4].map((month) => ask(month, () => over));
  const third = ask(1).then((catalog) => {
    expect(isOver).toBe(true);
    return catalog;
  });
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  isOver = true;
  end();
  const [one, same, other] = await Promise.all(looking);
  expect(one).toBe(same);
  expect(one).not.toBe(other);
  // The nearest later catalog moves back itself.
  expect(await third).toBe(one);
});

test("a moment is created once while it is kept, and again after ten minutes without use", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const { ask } = await startLive();
  const kept = await ask(2);
  await vi.advanceTimersByTimeAsync(500_000);
  expect(await ask(2)).toBe(kept);
  await vi.advanceTimersByTimeAsync(599_000);
  expect(await ask(2)).toBe(kept);
  await vi.advanceTimersByTimeAsync(1_300_000);
  expect(await ask(2)).not.toBe(kept);
});

test("a moment that fails is not cached, and blocks no other", async () => {
  const { live, past, ends, ask } = await startLive();
  vi.spyOn(changeLogOf(live), "backwards").mockImplementationOnce(() => {
    throw new Error("The store is away.");
  });
  await expect(past.at(ends[1]?.time ?? 0)).rejects.toThrow("The store is away.");
  await ask(1);
  await expect(past.at(10)).rejects.toMatchObject({ code: "NOT_KNOWN_THEN" });
  await ask(0);
});
