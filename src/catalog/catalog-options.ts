import type { Alma, AlmaError, Clock } from "../alma/index.ts";
import type { RefreshCost } from "./background/refresh-cost.ts";
import type { ScopeOfField } from "./record/change.ts";
import type { Kind } from "./record/kind.ts";
import type { CreateRecorder } from "./record/recorder.ts";

/** What a catalog is made of. Times in milliseconds. */
export interface CatalogOptions {
  readonly alma: Alma;
  readonly clock: Clock;
  /** Whether background work reads everything once (warm-up) and keeps it up to date (refresh). */
  readonly hasBackgroundWork: boolean;
  /** The maximum age of a record that a query names, and of what it refers to (MAX_AGE). */
  readonly maxAge: number;
  /** The maximum age that background work maintains for what is reached through connections (CATALOG_MAX_AGE). */
  readonly catalogMaxAge: number;
  /** The maximum age that it maintains for closed records (CLOSED_MAX_AGE); by default the same. */
  readonly closedMaxAge?: number;
  /** Calls a second that the refresh may make. */
  readonly refreshRate: number;
  /** Whether the details of all kinds are kept young, or of those that operations ask for (REFRESH). */
  readonly refresh?: "steady" | "demand";
  readonly warmUpConcurrency: number;
  /** Calls to Alma that may be under way, which the warm-up uses while an operation waits for it. */
  readonly almaConcurrency?: number;
  /** Calls that one operation may make. */
  readonly maxCalls: number;
  /** Makes what records the changes that are seen in Alma; without it, nothing does. */
  readonly createRecorder?: CreateRecorder;
  /** The scopes that fields need beyond READ. */
  readonly scopeOf?: ScopeOfField;
  /** Today's date in the portfolio's time zone, `YYYY-MM-DD`. */
  readonly today: () => string;
  /** Milliseconds since it began; 0 by default. */
  readonly sinceMidnight?: () => number;
  /** How often each list is read; by default every 30,000, or twice in `catalogMaxAge` if that is shorter. */
  readonly listInterval?: number;
  /** Called when the warm-up cannot read a list, once for each list and error code. */
  readonly onListFailure?: (error: AlmaError) => void;
  /** Called when the list of a kind ceases to name alarmingly many of its records at once: `left` of `of`. */
  readonly onListLoss?: (kind: Kind, left: number, of: number) => void;
  /** Called once, when the lists show how many calls the refresh makes. */
  readonly onRefreshCost?: (cost: RefreshCost) => void;
}
