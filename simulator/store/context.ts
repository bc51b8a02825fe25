import type { Clock } from "./clock.ts";
import type { Data } from "./store.ts";
import type { Switches } from "./switches.ts";

/** The state that all rules share. */
export interface SimulatorContext {
  readonly data: Data;
  readonly switches: Switches;
  readonly clock: Clock;
}
