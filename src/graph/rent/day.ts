import { DAY } from "../../config/index.ts";

/** A calendar day as the number of days since 1970-01-01. */
export type DayNumber = number;

// Computed here, since `Date` takes several times longer.

/** The number of days in 400 years of the Gregorian calendar. */
const DAYS_OF_ERA = 146_097;
/** The days from 0000-03-01, the start of an era, to 1970-01-01. */
const EPOCH = 719_468;
/** The character code of the digit 0. */
const ZERO = 48;

/** Returns the number of a day, `YYYY-MM-DD`. */
export function dayNumberOf(text: string): DayNumber {
  return dayNumber(twoDigits(text, 0) * 100 + twoDigits(text, 2), twoDigits(text, 5), twoDigits(text, 8));
}

const twoDigits = (text: string, at: number) =>
  (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;

/**
 * Returns the number of a day. Day 0 is the last day of the month before, month 13 the first of the year after. Years
 * start in March, so that a leap day is the last day of its year.
 */
export function dayNumber(year: number, month: number, day: number): DayNumber {
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_OF_ERA + dayOfEra - EPOCH;
}

/** Returns year, month (from 1) and day of the month: the inverse of `dayNumber`. */
export function calendarDayOf(number: DayNumber): {
  readonly year: number;
  readonly month: number;
  readonly day: number;
} {
  const shifted = number + EPOCH;
  const era = Math.floor(shifted / DAYS_OF_ERA);
  const dayOfEra = shifted - era * DAYS_OF_ERA;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

/** Formats a day as `YYYY-MM-DD`. */
export function dayText(number: DayNumber): string {
  return new Date(number * DAY).toISOString().slice(0, 10);
}
