import type { Moment } from "./lease-state.ts";

/** In milliseconds: the wall clock gains more at once only if the machine slept, or if it is set. */
const SLEEP_THRESHOLD = 50;

/** Reads both clocks of the process (see `Moment`). */
export function createMoments(): () => Moment {
  let slept = 0;
  let offset = Date.now() - performance.now();
  return () => {
    const waited = performance.now();
    const drift = Date.now() - waited - offset;
    offset += drift;
    if (drift > SLEEP_THRESHOLD) slept += drift;
    return { held: waited + slept, waited };
  };
}
