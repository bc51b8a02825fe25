/** Returns the seeds of a random test: `count` from `first` on, or only the one in FUZZ_SEED. */
export const seedsFrom = (first: number, count = 1): readonly number[] =>
  process.env.FUZZ_SEED === undefined
    ? Array.from({ length: count }, (_, index) => first + index)
    : [Number(process.env.FUZZ_SEED)];

/** Runs a test with a seed. An error says how to run it again. */
export async function withSeed<T>(seed: number, run: (seed: number) => Promise<T>): Promise<T> {
  try {
    return await run(seed);
  } catch (error) {
    if (error instanceof Error) error.message += `\nRun it again with FUZZ_SEED=${seed}.`;
    throw error;
  }
}
