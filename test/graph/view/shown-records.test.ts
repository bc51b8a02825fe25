import fc from "fast-check";
import { expect, test } from "vitest";
import { DETAIL, EXISTS, type Kind, NEVER, SUMMARY } from "../../../src/catalog/index.ts";
import { CachedRecord } from "../../../src/catalog/record/cached-record.ts";
import { ShownRecords } from "../../../src/graph/view/shown-records.ts";

const kinds: readonly Kind[] = ["unit", "room", "client"];
const levels = [EXISTS, SUMMARY, DETAIL];
const cutoffs = [NEVER, 10, 20, 30];

const records = kinds.flatMap((kind) =>
  [0, 1, 63, 64, 5_000].map((slot) => Object.assign(new CachedRecord(kind, slot, kind), { slot })),
);
const step = fc.record({
  isTaken: fc.nat(4).map((n) => n === 0),
  record: fc.constantFrom(...records),
  level: fc.constantFrom(...levels),
  cutoff: fc.constantFrom(...cutoffs),
  summaryAt: fc.constantFrom(NEVER, 40, 60),
});

test("it knows of each record what a map of all that was noted knows", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const shown = new ShownRecords();
      const expected = new Map<CachedRecord, { level: number; cutoff: number; summaryAt: number }>();
      for (const { isTaken, record, level, cutoff, summaryAt } of steps) {
        const known = expected.get(record);
        if (isTaken) {
          const taken = shown.take(record);
          expect(taken?.cutoff).toBe(known?.cutoff);
          expect(taken?.version.summaryAt).toBe(known?.summaryAt);
          expected.delete(record);
        } else {
          shown.note(record, level, cutoff, summaryAt);
          expected.set(record, {
            level: Math.max(known?.level ?? EXISTS, level),
            cutoff: Math.max(known?.cutoff ?? NEVER, cutoff),
            summaryAt: known?.summaryAt ?? summaryAt,
          });
        }
      }
      const all = [...expected.values()];
      expect(shown.countReadBefore(50)).toBe(all.filter(({ summaryAt }) => summaryAt === 40).length);
      expect(shown.countReadBefore(Number.POSITIVE_INFINITY)).toBe(
        all.filter(({ summaryAt }) => summaryAt > NEVER).length,
      );
      for (const record of records) {
        const known = expected.get(record);
        expect(shown.cutoffOf(record)).toBe(known?.cutoff);
        for (const level of levels)
          for (const cutoff of cutoffs)
            expect(shown.has(record, level, cutoff)).toBe(
              known !== undefined && known.level >= level && known.cutoff === cutoff,
            );
      }
    }),
  );
});
