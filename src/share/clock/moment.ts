import type { Runtime } from "./runtime.ts";

/** Milliseconds of both clocks of the process. */
export interface Moment {
  /** Of the clock by which a lease is held. */
  readonly held: number;
  /** Of the clock by which others wait. */
  readonly waited: number;
}

/** In milliseconds: the wall clock gains more at once only if the machine slept, or if it is set. */
const SLEEP_THRESHOLD = 50;

/** Reads both clocks of the process (see `Moment`). */
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
