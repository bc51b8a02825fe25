import type { Runtime } from "./runtime.ts";

/** The times of both clocks of the process, in milliseconds. */
export interface Moment {
  /** By the clock that decides how long a lease is held. */
  readonly held: number;
  /** By the clock that others use to wait. */
  readonly waited: number;
}

/** In milliseconds. The wall clock jumps further ahead only if the machine slept or the clock was set. */
const SLEEP_THRESHOLD = 50;

/** Returns a function that reads both clocks of the process (see `Moment`). */
export function createMoments(runtime: Pick<Runtime, "now" | "wall">): () => Moment {
  let slept = 0;
  let offset = runtime.wall() - runtime.now();
  return () => {
    const waited = runtime.now();
    const drift = runtime.wall() - waited - offset;
    offset += drift;
    if (drift > SLEEP_THRESHOLD) slept += drift;
    return { held: waited + slept, waited };
  };
}
