import { badInput } from "../argument/bad-input.ts";
import { parsePeriod } from "../argument/period.ts";
import type { PeriodInput, PeriodUnit } from "../generated.ts";
import { calendarDayOf, type DayNumber, dayNumber, dayNumberOf, dayText } from "../rent/day.ts";
import type { DayRange } from "../rent/rent.ts";

const MAX_PERIODS = 400;

/** Returns the first day of the week (from Monday), month, quarter or year of a day. */
function startOf(unit: PeriodUnit, day: DayNumber) {
  const { year, month } = calendarDayOf(day);
  switch (unit) {
    case "DAY":
      return day;
    case "WEEK":
      // 1970-01-01 was a Thursday.
      return day - ((((day + 3) % 7) + 7) % 7);
    case "MONTH":
      return dayNumber(year, month, 1);
    case "QUARTER":
      return dayNumber(year, month - ((month - 1) % 3), 1);
    case "YEAR":
      return dayNumber(year, 1, 1);
  }
}

/** The maximum length of each unit, in days; shorter than two of them. */
const ABOUT: Readonly<Record<PeriodUnit, number>> = { DAY: 1, WEEK: 7, MONTH: 31, QUARTER: 92, YEAR: 366 };

/** Returns the first day of the next week, month, quarter or year. */
function startOfNext(unit: PeriodUnit, day: DayNumber) {
  return startOf(unit, startOf(unit, day) + ABOUT[unit]);
}

/** A period of a group: its first day, its last day (`YYYY-MM-DD`) and the number of its days. */
export interface Period {
  readonly from: string;
  readonly to: string;
  readonly days: number;
}

/** Consecutive periods of a range of days. The first and last are cut to the range. */
export class Periods {
  /** The first and the last day of each period. */
  readonly starts: readonly DayNumber[];
  readonly ends: readonly DayNumber[];
  readonly count: number;
  /** The index of the period by the number of days after the first. */
  readonly #indexes: Int16Array;

  constructor(starts: readonly DayNumber[], end: DayNumber) {
    this.starts = starts;
    this.ends = starts.map((_, index) => (starts[index + 1] ?? end + 1) - 1);
    this.count = starts.length;
    const first = starts[0] ?? end;
    this.#indexes = new Int16Array(end - first + 1);
    for (const [index, start] of starts.entries()) this.#indexes.fill(index, start - first);
  }

  /** Returns whether any period contains a day of a range. */
  hasAny(first: DayNumber, last: DayNumber): boolean {
    return first <= last && first <= (this.ends.at(-1) as number) && last >= (this.starts[0] as number);
  }

  /** Returns the index of a day's period; for days outside, of the first or last period. */
  indexOf(day: DayNumber): number {
    const offset = day - (this.starts[0] as number);
    return this.#indexes[Math.max(0, Math.min(offset, this.#indexes.length - 1))] as number;
  }

  at(index: number): Period {
    const from = this.starts[index] as DayNumber;
    const to = this.ends[index] as DayNumber;
    return { from: dayText(from), to: dayText(to), days: to - from + 1 };
  }
}

/** Splits days into periods. Throws BAD_USER_INPUT for too many periods, or if the last day is before the first. */
export function parsePeriods(input: PeriodInput): Periods {
  const { unit } = input;
  const { from, to } = parsePeriod(input, "over.");
  // If the number of periods may be within the limit, list them to get the exact number.
  if ((to - from + 1) / ABOUT[unit] <= MAX_PERIODS) {
    const starts: DayNumber[] = [];
    for (let start = from; start <= to; start = startOfNext(unit, start)) starts.push(start);
    if (starts.length <= MAX_PERIODS) return new Periods(starts, to);
  }
  throw badInput(
    "over",
    `from ${input.from} to ${input.to} there are more than ${MAX_PERIODS} periods of the unit ${unit}; ask for fewer days or a longer unit.`,
  );
}

/** Truncates a day to the first day of a unit, as text, but not before the year 1. */
export function truncateDay(unit: PeriodUnit, day: string): string {
  return unit === "DAY" ? day : dayText(startOf(unit, dayNumberOf(day)));
}

/** Counts the days of a range from `from` to `to`, including both. */
export function daysWithin(range: DayRange, from: DayNumber, to: DayNumber): number {
  return Math.max(0, Math.min(range.to, to) - Math.max(range.from, from) + 1);
}
