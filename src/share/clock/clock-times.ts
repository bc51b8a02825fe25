import type { Runtime } from "./runtime.ts";

/** The times of both clocks of the process, in milliseconds. */
export interface ClockTimes {
  /** Includes the time that the machine slept. A leader uses it to decide how long its lease is valid. */
  readonly boottime: number;
  /** May exclude that time. Other processes use it to decide when a lease has certainly expired. */
  readonly monotonic: number;
}

/** In milliseconds. A longer jump of the wall clock means that the machine slept or the clock was set. */
const SLEEP_THRESHOLD = 50;

/** Returns a function that reads both clocks of the process (see `ClockTimes`). */
export function createClockReader(runtime: Runtime): () => ClockTimes {
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
