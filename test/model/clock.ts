import { day } from "../support/day.ts";

const real = performance.now.bind(performance);
let offset = 0;

// The tests move the clock forward; everything in this process sees the moved clock.
performance.now = () => real() + offset;

/** Moves the clock forward. No call may be under way. */
export function advance(seconds: number): void {
  offset += seconds * 1000;
}

/** The time now, in milliseconds. */
export function now(): number {
  return performance.now();
}

const LONGEST = 600_000;

/** Runs what takes up to ten minutes within one day in Dubai: where the day would end meanwhile, it sees the next one. */
export async function withinOneDay(run: () => Promise<void>): Promise<void> {
  const realTime = Date.now;
  if (day(LONGEST / 86_400_000) !== day(0)) Date.now = () => realTime() + LONGEST;
  try {
    await run();
  } finally {
    Date.now = realTime;
  }
}
