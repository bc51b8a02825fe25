import { kinds } from "../record/kind.ts";
import { MAINTAINED_SHARE } from "./aged-details.ts";
import type { RefreshOptions } from "./refresh-line.ts";

/** What the refresh of so many records costs. Times in milliseconds. */
export interface RefreshCost {
  readonly records: number;
  /** Calls an hour for the lists, and for the details if all of them are kept young. */
  readonly listCalls: number;
  readonly detailCalls: number;
  /** That the rate is too low, and what would avoid it. */
  readonly lag?: {
    /** How old details become. */
    readonly age: number;
    /** The rate, in calls a second, that would keep them under the maximum age. */
    readonly neededRate: number;
  };
}

const HOUR = 3_600_000;

/** Foresees what the refresh of so many records costs, and how far it falls behind, if it does. */
export function foreseeCost(records: number, { listInterval, maxAge, rate }: RefreshOptions): RefreshCost {
  const listRate = (kinds.length / listInterval) * 1000;
  // Lists leave at least half of the calls to details.
  const detailRate = Math.max(rate - listRate, rate / 2);
  const age = (records / detailRate) * 1000;
  const listCalls = Math.round(Math.min(listRate, rate) * 3600);
  const detailCalls = Math.round(Math.min(detailRate * 3600, (records * HOUR) / (MAINTAINED_SHARE * maxAge)));
  if (age <= maxAge) return { records, listCalls, detailCalls };
  const neededRate = Math.ceil((records / maxAge) * 1000 + listRate);
  return { records, listCalls, detailCalls, lag: { age, neededRate } };
}
