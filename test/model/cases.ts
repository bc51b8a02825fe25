import fc from "fast-check";
import { withinOneDay } from "./clock.ts";
import type { Model } from "./model.ts";

/**
 * Milliseconds after which no further case starts and a failing one is no longer shrunk. The first case always
 * completes.
 */
const LIMIT = 30_000;

/**
 * Applies random actions to models; each run gets a new one from `start`. FUZZ_RUNS and FUZZ_SEED set the number of
 * cases and the seed.
 */
export async function checkCases<T>(
  cases: fc.Arbitrary<T>,
  start: (one: T) => Promise<Model>,
  run: (model: Model, one: T) => Promise<void>,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Promise<void> {
  const closing: Promise<void>[] = [];
  // The clock of `performance` advances.
  const beginUntil = Date.now() + LIMIT;
  let count = 0;
  const runOne = async (one: T) => {
    const model = await start(one);
    try {
      await run(model, one);
    } finally {
      closing.push(model.close());
    }
  };
  const property = fc.asyncProperty(cases, async (one) => {
    if (count++ === 0 || Date.now() < beginUntil) await runOne(one);
  });
  try {
    await withinOneDay(() =>
      fc.assert(property, {
        numRuns: Number(process.env.FUZZ_RUNS ?? runs),
        unbiased: true,
        seed: Number(process.env.FUZZ_SEED ?? seed),
      }),
    );
  } finally {
    await Promise.allSettled(closing);
  }
}
