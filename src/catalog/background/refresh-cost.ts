import { kinds } from "../record/kind.ts";
import { MAINTAINED_SHARE, type RefreshOptions } from "./refresh-line.ts";

/** What the refresh of so many records costs, of which some are closed. Times in milliseconds. */
export interface RefreshCost {
  readonly records: number;
  readonly closed: number;
  /** Calls an hour for the lists, and for the details if all of them are kept young. */
  readonly listCalls: number;
  readonly detailCalls: number;
  /** That the rate is too low, and what would avoid it. */
  readonly lag?: {
    /** How old details become that are to be younger than the maximum age. */
    readonly age: number;
    /** The rate, in calls a second, that would keep them under the maximum age. */
    readonly neededRate: number;
  };
}

const HOUR = 3_600_000;

/** Foresees what the refresh of so many records costs, and how far it falls behind, if it does. */
export function foreseeCost(
  counts: Pick<RefreshCost, "records" | "closed">,
  { listInterval, maxAge, closedAge, rate }: RefreshOptions,
): RefreshCost {
  const { records, closed } = counts;
  const listRate = (kinds.length / listInterval) * 1000;
  // Lists leave at least half of the calls to details.
  const detailRate = Math.max(rate - listRate, rate / 2);
  /** Details a second that reach their maximum age. */
  const agingRate = ((records - closed) / maxAge + closed / closedAge) * 1000;
  const listCalls = Math.round(Math.min(listRate, rate) * 3600);
  const detailCalls = Math.round((Math.min(detailRate, agingRate / MAINTAINED_SHARE) * HOUR) / 1000);
  if (agingRate <= detailRate) return { ...counts, listCalls, detailCalls };
  const lag = { age: (maxAge * agingRate) / detailRate, neededRate: Math.ceil(agingRate + listRate) };
  return { ...counts, listCalls, detailCalls, lag };
}
