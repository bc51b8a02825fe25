import fc from "fast-check";
import { expect, test } from "vitest";
import { map as mapSteps, sort as sortSteps } from "../../../src/graph/metering/steps.ts";
import { complete } from "../../support/steps.ts";

/** The number of steps of some work. */
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

test("mapping in steps gives the same result as the method of a list", () => {
  const list = Array.from({ length: 1_000 }, (_, n) => n);
  expect(complete(mapSteps(list, (n, index) => n + index))).toEqual(list.map((n) => n * 2));
});

test("sorting and mapping yield after some steps", () => {
  const list = Array.from({ length: 10_240 }, (_, n) => n);
  // About log2(10,240) comparisons per item, 256 between two steps.
  expect(countSteps(sortSteps(list.toReversed(), (a, b) => a - b))).toBeGreaterThan(150);
});
