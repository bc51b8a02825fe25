import type { Clock } from "./clock.ts";
import type { Data } from "./store.ts";
import type { Switches } from "./switches.ts";

/** What every rule may look at and change. */
export interface SimulatorContext {
  readonly data: Data;
  readonly switches: Switches;
  readonly clock: Clock;
}
