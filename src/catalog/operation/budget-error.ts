import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { DETAIL } from "../record/source.ts";
import type { Cutoffs } from "./freshness.ts";

/** Seconds added to the recommended maxAge, since data ages until the client uses it. */
const ADVICE_MARGIN = 60;

/**
 * Creates CALL_BUDGET_EXCEEDED for an operation that needs calls to read `records`. Its message recommends a maxAge
 * with which few enough of them need to be read.
 */
export function budgetError(
  needed: number,
  limit: number,
  records: readonly CachedRecord[],
  { startedAt, boundsIndexes }: Cutoffs,
): AlmaError {
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
