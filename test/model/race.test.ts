import fc from "fast-check";
import { test } from "vitest";
import { checkCases } from "./cases.ts";
import { Model, type TimedRead } from "./model.ts";
import { everything, readShape } from "./shape.ts";
import { type WriteShape, writeShape } from "./write.ts";

/** Writes in sequence, and queries sent meanwhile. */
interface Race {
  readonly writes: readonly WriteShape[];
  readonly reads: readonly TimedRead[];
  readonly latency: number;
  /** Whether everything is read first. */
  readonly known: boolean;
}

const race: fc.Arbitrary<Race> = fc.record({
  writes: fc.array(writeShape, { minLength: 1, maxLength: 3 }),
  reads: fc.array(fc.record({ read: readShape([undefined, 0]), after: fc.nat(40) }), {
    minLength: 1,
    maxLength: 8,
  }),
  latency: fc.constantFrom(6, 12),
  known: fc.boolean(),
});

const cases = fc.array(race, { minLength: 1, maxLength: 8, size: "max" });

test.each(["off", "on"] as const)(
  "a query received after a write has returned shows what it wrote, and any other shows each object in one version (catalog %s)",
  (catalog) =>
    checkCases(
      cases,
      () => Model.start({ catalog, switches: { statusFollows: "atOnce" } }),
      async (model, races) => {
        for (const { writes, reads, latency, known } of races) {
          if (known) await model.read(everything);
          await model.race(writes, reads, latency);
        }
        await model.read(everything);
      },
      { runs: 3, seed: 3 },
    ),
  90_000,
);
