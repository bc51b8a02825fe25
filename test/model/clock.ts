import { day } from "../support/day.ts";

const real = performance.now.bind(performance);
let offset = 0;

// The tests advance the clock; the whole process sees the advanced time.
performance.now = () => real() + offset;

/** Advances the clock. No call may be in flight. */
export function advance(seconds: number): void {
  offset += seconds * 1000;
}

/** The time now, in milliseconds. */
export function now(): number {
  return performance.now();
}

const LONGEST = 600_000;

/**
 * Runs work of up to ten minutes within one day in Dubai: if the day would end meanwhile, it starts on the next one.
 */
export async function withinOneDay(run: () => Promise<void>): Promise<void> {
  const realTime = Date.now;
  if (day(LONGEST / 86_400_000) !== day(0)) Date.now = () => realTime() + LONGEST;
  try {
    await run();
  } finally {
    Date.now = realTime;
  }
}
