import fc from "fast-check";
import { expect, test } from "vitest";
import { filterSteps, mapSteps, sortSteps } from "../../../src/graph/execution/steps.ts";
import { complete } from "../../support/steps.ts";

/** How many steps work takes. */
const countSteps = (steps: Generator<void, unknown, void>) => [...steps].length;

test("sorting in steps gives the order of a stable sort", () => {
  const rows = fc.array(fc.record({ key: fc.nat(20), id: fc.nat() }), { maxLength: 2_000, size: "max" });
  fc.assert(
    fc.property(rows, (list) => {
      const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
      expect(complete(sortSteps(list, compare))).toEqual([...list].sort(compare));
    }),
    { numRuns: 30 },
  );
});

test("filtering and mapping in steps give what the methods of a list give", () => {
  const list = Array.from({ length: 1_000 }, (_, n) => n);
  for (const cost of [1, 7, 1_000])
    expect(complete(filterSteps(list, (n) => n % 3 === 0, cost))).toEqual(list.filter((n) => n % 3 === 0));
  expect(complete(mapSteps(list, (n, index) => n + index))).toEqual(list.map((n) => n * 2));
});

test("the more comparisons an item takes, the more steps there are", () => {
  const list = Array.from({ length: 10_240 }, (_, n) => n);
  const steps = [1, 16, 256, 1_000].map((cost) => countSteps(filterSteps(list, () => true, cost)));
  expect(steps).toEqual([40, 640, 10_240, 10_240]);
  // About log2(10,240) comparisons of each item, 256 between two steps.
  expect(countSteps(sortSteps(list.toReversed(), (a, b) => a - b))).toBeGreaterThan(150);
});
