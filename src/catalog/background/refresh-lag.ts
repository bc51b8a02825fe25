import { kinds } from "../record/kind.ts";
import type { RefreshOptions } from "./refresh-line.ts";

/** That the refresh is too slow for the records there are, and what would avoid it. Times in milliseconds. */
export interface RefreshLag {
  readonly records: number;
  /** How old details become. */
  readonly age: number;
  /** The rate, in calls a second, that would keep them under the maximum age. */
  readonly neededRate: number;
}

/** Foresees how far the refresh of so many records falls behind; undefined if it does not. */
export function foreseeLag(
  records: number,
  { listInterval, maxAge, rate }: RefreshOptions,
): RefreshLag | undefined {
  const listRate = (kinds.length / listInterval) * 1000;
  // Lists leave at least half of the calls to details.
  const age = (records / Math.max(rate - listRate, rate / 2)) * 1000;
  if (age <= maxAge) return undefined;
  return { records, age, neededRate: Math.ceil((records / maxAge) * 1000 + listRate) };
}
