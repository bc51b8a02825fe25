import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { DETAIL } from "../record/source.ts";

/** Seconds added to the recommended maxAge, since data ages until the client uses it. */
const ADVICE_MARGIN = 60;

/** When an operation began, and whether its query limits the age of the data that decides membership. */
interface Bounds {
  readonly startedAt: number;
  readonly boundsIndexes: boolean;
}

/** Counts the calls of one operation and limits them. */
export class CallBudget {
  /** Requests sent to Alma for this operation alone, retries included. */
  sent = 0;
  readonly limit: number;
  #reserved = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Counts a request. With retries, more requests can be sent than were reserved. */
  noteSent(): void {
    this.sent++;
    this.#reserved = Math.max(this.#reserved, this.sent);
  }

  get remaining(): number {
    return this.limit - this.#reserved;
  }

  /**
   * Reserves `count` calls that read `records`. Returns CALL_BUDGET_EXCEEDED if they exceed the limit. Its message
   * recommends a maxAge, counted from `startedAt`, with which few enough records need to be read.
   */
  reserve(count: number, records: readonly CachedRecord[], operation: Bounds): AlmaError | undefined {
    const needed = this.#reserved + count;
    // Retries may have used more than was reserved. That alone does not fail an operation that needs no more calls.
    if (count > 0 && needed > this.limit) return budgetError(needed, this.limit, records, operation);
    this.#reserved = needed;
    return undefined;
  }
}

function budgetError(
  needed: number,
  limit: number,
  records: readonly CachedRecord[],
  { startedAt, boundsIndexes }: Bounds,
) {
  const ages = records
    .map((cached) => startedAt - cached.asOf(DETAIL))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  // With a maxAge above the age of the k-th youngest record, k records need not be read again. Here, k is the number of
  // calls over the limit.
  const age = ages[needed - limit - 1];
  const advice =
    age === undefined
      ? "A larger maxAge does not help, since too many of the records were never read, or may have changed since. Ask for " +
        "fewer records, with `first` or a filter."
      : `It is probably within the limit with @freshness(maxAge: ${Math.ceil(age / 1000) + ADVICE_MARGIN}); ` +
        "or ask for fewer records, with `first` or a filter.";
  const ofRows = boundsIndexes
    ? " If only the shown data must be so fresh, and not the data that selects the records, add of: ROWS."
    : "";
  return new AlmaError(
    "CALL_BUDGET_EXCEEDED",
    `This operation needs at least ${needed} calls to Alma; ${limit} are allowed (MAX_CALLS). ${advice}${ofRows}`,
  );
}
