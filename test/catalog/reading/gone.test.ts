import { afterEach, expect, test, vi } from "vitest";
import type { Alma } from "../../../src/alma/index.ts";
import { keptCatalog } from "../paper-catalog.ts";

const MAX_AGE = 600_000;
const pace = { refreshRate: 5, catalogMaxAge: MAX_AGE };

afterEach(() => vi.useRealTimers());

/** A warm catalog over an Alma that lists four units, and has two of them when asked for them. */
async function halfThere() {
  const missing = new Set([1, 2]);
  const asked: number[] = [];
  const made = await keptCatalog(pace, 4, ({ unit }: Alma, clock) => ({
    unit: {
      ...unit,
      get: async (ref: { id: number }, options: object) => {
        asked.push(ref.id);
        return missing.has(ref.id) ? { asOf: clock(), isConclusive: true } : unit.get(ref, options as never);
      },
    },
  }));
  const known = () => {
    const members = made.catalog.findMembers(made.catalog.beginOperation("one"), {
      kind: "unit",
      needsDetails: true,
    });
    return members instanceof Promise ? members : members.records.map(({ id }) => id);
  };
  return { ...made, missing, known, asked: () => asked.splice(0) };
}

test("what lists name and Alma does not have is gone, however often they repeat it", async () => {
  const { pass, known, asked, stop } = await halfThere();
  expect(asked().sort()).toEqual([1, 2, 3, 4]);
  expect(known()).toEqual([4, 3]);
  // It may have been a moment's: once more they are asked for.
  await pass(65);
  expect(known()).toEqual([4, 3]);
  expect(asked().sort()).toEqual([1, 2]);
  await pass(65);
  expect(known()).toEqual([4, 3]);
  expect(asked()).toEqual([]);
  // But no longer than all else that is known.
  await pass(MAX_AGE / 1000 / 2 + 65);
  expect(asked().sort()).toEqual([1, 2, 3, 4]);
  await stop();
});

test("what was not there for a moment is there when it is asked for once more", async () => {
  const { pass, known, missing, stop } = await halfThere();
  missing.clear();
  await pass(65);
  expect(known()).toEqual([4, 3, 2, 1]);
  await stop();
});

test("what lists name otherwise is asked for again", async () => {
  const { paper, pass, known, missing, stop } = await halfThere();
  await pass(65);
  missing.clear();
  for (const unit of paper.things.slice(0, 1)) unit.version++;
  await pass(62);
  expect(known()).toEqual([4, 3, 1]);
  await stop();
});

test("what lists name again that they named no more is asked for again", async () => {
  const { paper, pass, known, missing, stop } = await halfThere();
  await pass(65);
  paper.unlisted.add(1);
  await pass(31);
  missing.clear();
  paper.unlisted.clear();
  await pass(62);
  expect(known()).toEqual([4, 3, 1]);
  await stop();
});
