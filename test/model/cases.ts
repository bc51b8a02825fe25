import fc from "fast-check";
import type { Model } from "./model.ts";

/** Milliseconds after which no further case is begun, and a failing one is no longer shrunk. */
const LIMIT = 30_000;

/**
 * Has random things happen to models, each time to another one that `start` makes. FUZZ_RUNS and FUZZ_SEED say how many
 * cases there are, and which.
 */
export async function checkCases<T>(
  cases: fc.Arbitrary<T>,
  start: (one: T) => Promise<Model>,
  run: (model: Model, one: T) => Promise<void>,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Promise<void> {
  const begun: Promise<void>[] = [];
  const runOne = async (one: T) => {
    const model = await start(one);
    try {
      await run(model, one);
    } finally {
      begun.push(model.close());
    }
  };
  const property = fc.asyncProperty(cases, (one) => {
    const running = runOne(one);
    begun.push(running);
    return running;
  });
  try {
    await fc.assert(property, {
      numRuns: Number(process.env.FUZZ_RUNS ?? runs),
      unbiased: true,
      interruptAfterTimeLimit: LIMIT,
      seed: Number(process.env.FUZZ_SEED ?? seed),
    });
  } finally {
    // A case that the limit has interrupted goes on, and would move the clock of the tests that follow.
    await Promise.allSettled(begun);
  }
}
