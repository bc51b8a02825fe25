import type { Runtime } from "./runtime.ts";

/** The times of both clocks of the process, in milliseconds. */
export interface ClockTimes {
  /** Includes the time that the machine slept. Decides how long a lease is held. */
  readonly boottime: number;
  /** By the clock that others use to wait for a lease to end. */
  readonly monotonic: number;
}

/** In milliseconds. The wall clock jumps further ahead only if the machine slept or the clock was set. */
const SLEEP_THRESHOLD = 50;

/** Returns a function that reads both clocks of the process (see `ClockTimes`). */
export function createClockReader(runtime: Pick<Runtime, "now" | "wall">): () => ClockTimes {
  let slept = 0;
  let offset = runtime.wall() - runtime.now();
  return () => {
    const monotonic = runtime.now();
    const drift = runtime.wall() - monotonic - offset;
    offset += drift;
    if (drift > SLEEP_THRESHOLD) slept += drift;
    return { boottime: monotonic + slept, monotonic };
  };
}
