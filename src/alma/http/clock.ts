/** Strictly increasing milliseconds, by which reads and writes are ordered and ages are measured. */
export type Clock = () => number;

/** A clock that goes on from where another process was. */
export interface MovableClock extends Clock {
  /** Moves it on, so that its next time is after `time`; it never goes back. */
  advanceTo(time: number): void;
}

/** The wall clock gains this many milliseconds at once only if the machine slept, or if it is set. */
const SLEEP_THRESHOLD = 1_000;

/**
 * A clock over `performance.now()` that never returns the same number twice. `performance.now()` stops while the
 * machine sleeps, although cached data ages; so a jump of the wall clock is added. Setting the wall clock back has no
 * effect.
 */
export function monotonicClock(
  monotonic: () => number = () => performance.now(),
  wallClock = Date.now,
): MovableClock {
  let last = 0;
  /** By how much it is ahead of `monotonic`: sleep, and what another process was ahead. */
  let ahead = 0;
  let offset = wallClock() - monotonic();
  const read = () => {
    const now = monotonic();
    const drift = wallClock() - now - offset;
    offset += drift;
    if (drift > SLEEP_THRESHOLD) ahead += drift;
    // 2^-10 ms is exact in a double for centuries of uptime.
    last = Math.max(last + 2 ** -10, now + ahead);
    return last;
  };
  return Object.assign(read, {
    advanceTo: (time: number) => {
      ahead += Math.max(0, time - read());
      last = Math.max(last, time);
    },
  });
}
