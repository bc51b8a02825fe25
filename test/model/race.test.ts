import fc from "fast-check";
import { test } from "vitest";
import { Model, type TimedRead } from "./model.ts";
import { everything, readShape } from "./shape.ts";
import { type WriteShape, writeShape } from "./write.ts";

/** Milliseconds after which a failing case is no longer shrunk. */
const LIMIT = 30_000;
const RUNS = Number(process.env.FUZZ_RUNS ?? 8);

/** Writes one after another, and queries that are sent meanwhile. */
interface Race {
  readonly writes: readonly WriteShape[];
  readonly reads: readonly TimedRead[];
  readonly latency: number;
  /** Whether everything is read before. */
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

test.each(["off", "on"] as const)(
  "a query received after a write has returned shows what it wrote, and any other shows each object in one version (catalog %s)",
  async (catalog) => {
    const closing: Promise<void>[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(race, { minLength: 1, maxLength: 8, size: "max" }), async (races) => {
        const model = await Model.start({ catalog, switches: { statusFollows: "atOnce" } });
        try {
          for (const { writes, reads, latency, known } of races) {
            if (known) await model.read(everything);
            await model.race(writes, reads, latency);
          }
          await model.read(everything);
        } finally {
          closing.push(model.close());
        }
      }),
      {
        numRuns: RUNS,
        unbiased: true,
        interruptAfterTimeLimit: LIMIT,
        seed: Number(process.env.FUZZ_SEED ?? 3),
      },
    );
    await Promise.all(closing);
  },
  90_000,
);
