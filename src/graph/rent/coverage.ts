import { type DayNumber, dayNumberOf } from "./day.ts";

/** What of a contract decides which days it covers. Alma: Contracts. */
export interface DatedContract {
  readonly startDate?: string | null;
  readonly endDate?: string | null;
  readonly unitUsage?: { readonly isArchived: boolean | null } | null;
}

/** Successive days, both ends included; infinite where they are open. */
export interface DayRange {
  readonly from: DayNumber;
  readonly to: DayNumber;
}

/** The days that a contract covers. Null if none: it ends before it starts, or is archived (since when is unknown). */
export function coverageOf({ startDate, endDate, unitUsage }: DatedContract): DayRange | null {
  if (unitUsage?.isArchived === true) return null;
  const from = startDate == null ? Number.NEGATIVE_INFINITY : dayNumberOf(startDate);
  const to = endDate == null ? Number.POSITIVE_INFINITY : dayNumberOf(endDate);
  return from <= to ? { from, to } : null;
}

/** The days that two ranges have in common; null if there are none. */
export function commonDays(one: DayRange | null, other: DayRange | null): DayRange | null {
  if (!one || !other) return null;
  const range = { from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) };
  return range.from <= range.to ? range : null;
}

/**
 * Since when an object is vacant on a day, by all contracts by which it is or was let: the day after the last of them
 * that ended before. Null if one covers the day, or none ended before.
 */
export function vacantSince(contracts: readonly DatedContract[], day: DayNumber): DayNumber | null {
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const contract of contracts) {
    const range = coverageOf(contract);
    if (!range || range.from > day) continue;
    if (range.to >= day) return null;
    lastEnd = Math.max(lastEnd, range.to);
  }
  return Number.isFinite(lastEnd) ? lastEnd + 1 : null;
}
