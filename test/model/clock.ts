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
