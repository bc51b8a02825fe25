import { expect, test } from "vitest";
import type { Change } from "../../src/catalog/record/logged-change.ts";
import { seedsFrom } from "../support/seeds.ts";
import { type ExactRecord, FIELDS, valueAt, watchExactAlma } from "./exact-alma.ts";

/** The number of histories; the environment sets more for longer runs. */
const SEEDS = Number(process.env.HISTORIES ?? 300);

/** The true changes to a value within an interval, by their times. */
function trueChanges(
  { values }: ExactRecord,
  { field, before, after, notBefore, notAfter }: Change,
): number[] {
  const history = values[field as keyof typeof values];
  return history
    .filter((since, index) => index > 0 && since.at >= notBefore && since.at <= notAfter)
    .filter(({ at, value }) => value === (after ?? "") && wasBefore(history, before ?? "", notBefore, at))
    .map(({ at }) => at);
}

const wasBefore = (history: ExactRecord["values"]["name"], value: string, from: number, to: number) =>
  valueAt(history, from) === value ||
  history.some((since) => since.value === value && since.at >= from && since.at < to);

test.each([
  ["in one process", false],
  ["in processes that follow each other", true],
])(
  `in ${SEEDS} histories %s, every recorded change is true, recorded once, and the last is the present`,
  async (_, hasRestarts) => {
    let told = 0;
    let happened = 0;
    for (const seed of seedsFrom(1, SEEDS)) {
      const { records, changes } = await watchExactAlma(seed, hasRestarts);
      for (const record of records) {
        const own = changes.filter(({ id }) => id === record.id);
        for (const { event, notBefore, notAfter } of own.filter(({ field }) => field === null)) {
          const at = event === "APPEARED" ? record.madeAt : record.deletedAt;
          expect(notBefore <= at && at <= notAfter, `seed ${seed}: ${event} of ${record.id}`).toBe(true);
        }
        for (const field of FIELDS) {
          const recorded = own.filter((change) => change.field === field);
          // Each takes the earliest true change that no earlier one has taken.
          let taken = -1;
          for (const change of recorded) {
            const found = trueChanges(record, change).find((at) => at > taken);
            expect(
              found,
              `seed ${seed}: ${JSON.stringify(change)} of ${JSON.stringify(record)}`,
            ).toBeDefined();
            taken = found as number;
          }
          const last = recorded.at(-1);
          if (last && record.deletedAt > 1_400)
            expect(last.after ?? "", `seed ${seed}: ${field} of ${record.id}`).toBe(
              valueAt(record.values[field], 1_400),
            );
          told += recorded.length;
          happened += record.values[field].length - 1;
        }
      }
    }
    // Readings are rare and long: of the changes between two of them, the last one is recorded.
    expect(told / happened).toBeGreaterThan(0.3);
  },
);
