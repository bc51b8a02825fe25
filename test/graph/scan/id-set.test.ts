import fc from "fast-check";
import { expect, test } from "vitest";
import { IdSet } from "../../../src/graph/scan/condition.ts";

test("an id set has the ids that were added, few or many, small or large, and no others", () => {
  const id = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 1500, size: "max" }), fc.array(id), (added, asked) => {
      const set = new IdSet();
      const expected = new Set(added);
      for (const one of added) set.add(one);
      for (const one of [...added, ...asked, Number.NaN, 0, -1]) expect(set.has(one)).toBe(expected.has(one));
    }),
    { numRuns: 50 },
  );
});
