import { afterEach, expect, test, vi } from "vitest";
import type { Alma } from "../../../src/alma/index.ts";
import { warmCatalog } from "../paper-catalog.ts";

const MAX_AGE = 600_000;
const pace = { refreshRate: 5, catalogMaxAge: MAX_AGE };

afterEach(() => vi.useRealTimers());

/** A warm catalog over an Alma that lists four units, and answers a conclusive 404 for two of them. */
async function listedButMissing() {
  const missing = new Set([1, 2]);
  const asked: number[] = [];
  const made = await warmCatalog(pace, 4, ({ unit }: Alma, clock) => ({
    unit: {
      ...unit,
      get: async (ref: { id: number }, options: object) => {
        asked.push(ref.id);
        return missing.has(ref.id) ? { asOf: clock(), isConclusive: true } : unit.get(ref, options as never);
      },
    },
  }));
  const members = () => {
    const found = made.catalog.findMembers(made.catalog.beginOperation("one"), {
      kind: "unit",
      needsDetails: true,
    });
    return found instanceof Promise ? found : found.records.map(({ id }) => id);
  };
  return { ...made, missing, members, asked: () => asked.splice(0) };
}

test("a listed but missing record is null, however often its list repeats it", async () => {
  const { pass, members, asked, stop } = await listedButMissing();
  expect(asked().sort()).toEqual([1, 2, 3, 4]);
  expect(members()).toEqual([4, 3]);
  // Alma's answers may have been wrong, so the units are read once more.
  await pass(65);
  expect(members()).toEqual([4, 3]);
  expect(asked().sort()).toEqual([1, 2]);
  await pass(65);
  expect(members()).toEqual([4, 3]);
  expect(asked()).toEqual([]);
  // Afterwards they are refreshed as often as all other records.
  await pass(MAX_AGE / 1000);
  expect(asked().sort()).toEqual([1, 2, 3, 4]);
  await stop();
});

test("a temporarily missing record is shown again after another read", async () => {
  const { pass, members, missing, stop } = await listedButMissing();
  missing.clear();
  await pass(65);
  expect(members()).toEqual([4, 3, 2, 1]);
  await stop();
});

test("a missing record is read again when its list entry changes", async () => {
  const { paper, pass, members, missing, stop } = await listedButMissing();
  await pass(65);
  missing.clear();
  for (const unit of paper.things.slice(0, 1)) unit.version++;
  await pass(62);
  expect(members()).toEqual([4, 3, 1]);
  await stop();
});

test("a missing record is read again when it is listed again after an absence", async () => {
  const { paper, pass, members, missing, stop } = await listedButMissing();
  await pass(65);
  paper.unlisted.add(1);
  await pass(31);
  missing.clear();
  paper.unlisted.clear();
  await pass(62);
  expect(members()).toEqual([4, 3, 1]);
  await stop();
});
