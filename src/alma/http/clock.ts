/** Strictly increasing milliseconds, by which reads and writes are ordered and ages are measured. */
export type Clock = () => number;

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
): Clock {
  let last = 0;
  let slept = 0;
  let offset = wallClock() - monotonic();
  return () => {
    const now = monotonic();
    const drift = wallClock() - now - offset;
    offset += drift;
    if (drift > SLEEP_THRESHOLD) slept += drift;
    // 2^-10 ms is exact in a double for centuries of uptime.
    last = Math.max(last + 2 ** -10, now + slept);
    return last;
  };
}
