import type { CachedRecord } from "../record/cached-record.ts";
import { createOldestFirst } from "../store/oldest-first.ts";

/** How many stretches of time the maximum age is cut into. */
const STRETCHES = 64;

/** The share of the maximum age after which a detail is read again if few are; the rest is left for the call itself. */
export const MAINTAINED_SHARE = 1 - 2 / STRETCHES;

/**
 * Details by when they have to be read again, before they are as old as `maxAge` (in milliseconds), and how many there
 * are in each stretch of time.
 */
export function createAgedDetails(maxAge: number) {
  const line = createOldestFirst();
  const length = maxAge / STRETCHES;
  /** By the number of the stretch. */
  const counts = new Map<number, number>();

  function uncount(cached: CachedRecord): void {
    const at = line.timeOf(cached);
    if (at === undefined) return;
    const stretch = Math.floor(at / length);
    const count = (counts.get(stretch) ?? 0) - 1;
    if (count > 0) counts.set(stretch, count);
    else counts.delete(stretch);
  }

  return {
    line,

    /** When a detail is due that was read at `at`. */
    dueAt: (at: number): number => at + MAINTAINED_SHARE * maxAge,

    set(cached: CachedRecord, dueAt: number): void {
      uncount(cached);
      line.set(cached, dueAt);
      const stretch = Math.floor(dueAt / length);
      counts.set(stretch, (counts.get(stretch) ?? 0) + 1);
    },

    delete(cached: CachedRecord): void {
      uncount(cached);
      line.delete(cached);
    },

    /** The beginning of each stretch that has details, and their number. */
    stretches: () => [...counts].map(([stretch, count]) => [stretch * length, count] as const),
  };
}

type AgedDetails = ReturnType<typeof createAgedDetails>;

/**
 * When the first of these details has to be read at the latest, so that it and all others are read again when they are
 * due, each in its turn: that of a stretch of time counts from the beginning of the stretch. A quarter of the rate, in
 * calls a second, is left to lists and to what is urgent. Infinity if there are none.
 */
export function latestStart(aged: readonly AgedDetails[], rate: number): number {
  const stretches = aged.flatMap((details) => details.stretches()).sort(([one], [other]) => one - other);
  let start = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const [dueAt, records] of stretches) {
    count += records;
    start = Math.min(start, dueAt - 1.25 * (count / rate) * 1000);
  }
  return start;
}
