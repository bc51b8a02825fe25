/** Returns strictly increasing milliseconds, used to order reads and writes and to measure ages. */
export type Clock = () => number;

/** A clock that can continue from another process's time. */
export interface MovableClock extends Clock {
  /** Moves it forward so that its next time is after `time`. It never goes back. */
  advanceTo(time: number): void;
}

/** The wall clock jumps by this many milliseconds only if the machine slept or the clock was set. */
const SLEEP_THRESHOLD = 1_000;

/**
 * Creates a clock over `performance.now()` that never returns the same number twice. `performance.now()`
 * stops while the machine sleeps, although cached data ages, so jumps of the wall clock are added. Setting
 * the wall clock back has no effect.
 */
export function monotonicClock(
  monotonic: () => number = () => performance.now(),
  wallClock = Date.now,
): MovableClock {
  let last = 0;
  /** The lead over `monotonic`, caused by sleep or another process's clock. */
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
