import {
  type DecimalUnits,
  divideRounded,
  formatAmount,
  parseShortUnits,
  parseUnits,
} from "../../alma/index.ts";
import {
  type CalendarDay,
  calendarDayOf,
  calendarDayOfText,
  type DayNumber,
  dayNumber,
  dayNumberOf,
  daysInMonth,
} from "./day.ts";

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

/** What a price is paid for: each month, each year, or all days of the contract together. */
export type PricePeriod = "month" | "year" | "contract";

/** The period of prices (PRICE_PERIOD). Alma's document names none. */
interface PricePeriods {
  readonly usual: PricePeriod;
  /** The exceptions, by `typeContract`. */
  readonly byType: ReadonlyMap<string, PricePeriod>;
}

/** How rents are worked out. */
export interface RentSettings {
  /** Undefined if PRICE_PERIOD is not set: no rent can be told. */
  readonly pricePeriods: PricePeriods | undefined;
  /** How many decimals amounts of CURRENCY have. */
  readonly decimals: number;
}

/** What of a tenant contract decides its rent. Alma: Contracts. */
export interface PricedContract extends DatedContract {
  readonly price?: string | null;
  readonly typeContract?: string | null;
}

/** Contracts without a first day count from this one. */
const EARLIEST: CalendarDay = { year: 1900, month: 1, day: 1 };

/** Whole numbers, both of them doubles where these are exact, otherwise bigints. */
type Fraction =
  | { readonly dividend: number; readonly divisor: number }
  | { readonly dividend: bigint; readonly divisor: bigint };

/** What a contract costs up to a day is `price` times the time until then. */
interface RentTerms {
  /** In units of the currency's last decimal. */
  readonly price: Fraction;
  readonly firstDay: DayNumber;
  /** Infinity if it is open. */
  readonly lastDay: DayNumber;
  /** By what its time is measured. */
  readonly measure: "days" | "monthParts";
  /** The time before its first day, and that until its last one. */
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The end of a day, as times are measured from a day in the past: worked out once for many contracts. */
export interface DayEnd {
  readonly day: DayNumber;
  /** In days. */
  readonly days: number;
  /** In calendar months, each of so many parts that every day of it is a whole number of them. */
  readonly monthParts: number;
}

/** The parts of a month: a whole number of them is one day of a month, whether it has 28, 29, 30 or 31 days. */
const PARTS = 28 * 29 * 15 * 31;

/** The time until the end of a day in parts of months; day 0 is the end of the month before. */
const monthPartsOf = ({ year, month, day }: CalendarDay) =>
  (year * 12 + month) * PARTS + day * (PARTS / daysInMonth(year, month));

/** The end of a day. */
export function dayEndOf(day: DayNumber): DayEnd {
  return { day, days: day, monthParts: monthPartsOf(calendarDayOf(day)) };
}

/** What decides the rent of a tenant contract that is not archived, read. */
interface PricedStay {
  readonly price: DecimalUnits;
  readonly period: PricePeriod;
  readonly first: CalendarDay | undefined;
  readonly last: CalendarDay | undefined;
}

/**
 * What decides the rent of a contract. Null if it cannot be told: PRICE_PERIOD is not set, the contract is archived,
 * has no price, ends before it starts, or is paid for as a whole and has no first or no last day.
 */
export function rentTermsOf(contract: PricedContract, settings: RentSettings): RentTerms | null {
  const { price, typeContract, startDate, endDate, unitUsage } = contract;
  const period = pricePeriodOf(typeContract, settings);
  if (period === undefined || price == null || unitUsage?.isArchived === true) return null;
  const first = startDate == null ? undefined : calendarDayOfText(startDate);
  const last = endDate == null ? undefined : calendarDayOfText(endDate);
  return rentTerms({ price: parseShortUnits(price), period, first, last }, settings);
}

/** The same of what was read of it already. */
export function rentTerms(
  { price, period, first, last }: PricedStay,
  settings: RentSettings,
): RentTerms | null {
  if (period === "contract" && !(first && last)) return null;
  const start = first ?? EARLIEST;
  const firstDay = dayNumber(start.year, start.month, start.day);
  const lastDay = last ? dayNumber(last.year, last.month, last.day) : Number.POSITIVE_INFINITY;
  if (lastDay < firstDay) return null;
  const days = { firstDay, lastDay };
  if (period === "contract") {
    const ofDays = priceFraction(price, lastDay - firstDay + 1, settings);
    return { price: ofDays, ...days, measure: "days", startsAt: firstDay - 1, endsAt: lastDay };
  }
  const ofParts = priceFraction(price, period === "year" ? 12 * PARTS : PARTS, settings);
  const startsAt = monthPartsOf({ ...start, day: start.day - 1 });
  const endsAt = last ? monthPartsOf(last) : Number.POSITIVE_INFINITY;
  return { price: ofParts, ...days, measure: "monthParts", startsAt, endsAt };
}

/** The rent from the first day to the end of a day, rounded once, in units of the currency's last decimal. */
function rentUntil({ price, firstDay, measure, startsAt, endsAt }: RentTerms, end: DayEnd) {
  if (end.day < firstDay) return 0;
  const time = Math.min(end[measure], endsAt) - startsAt;
  if (typeof price.dividend === "number" && isSafe(price.dividend * time))
    return divideSafely(price.dividend * time, price.divisor as number);
  return divideRounded(BigInt(price.dividend) * BigInt(time), BigInt(price.divisor));
}

/**
 * The rent of the days after one, up to and including another, in units of the currency's last decimal: the difference
 * of two sums, so that the rents of successive periods add up.
 */
export function rentBetweenEnds(terms: RentTerms, before: DayEnd, last: DayEnd): number | bigint {
  const [until, already] = [rentUntil(terms, last), rentUntil(terms, before)];
  if (typeof until === "number" && typeof already === "number") return until - already;
  return BigInt(until) - BigInt(already);
}

/** The rent of the days from `from` to `to`, both included, in units of the currency's last decimal. */
export function rentOfDays(terms: RentTerms, from: DayNumber, to: DayNumber): bigint {
  return BigInt(rentBetweenEnds(terms, dayEndOf(from - 1), dayEndOf(to)));
}

/**
 * The rent of a month: the price, a twelfth of it, or what 365 twelfths of its days cost. Null if there is no price, if
 * PRICE_PERIOD is not set, or if it is paid for as a whole and its days are not known.
 */
export function monthlyPriceOf(contract: PricedContract, settings: RentSettings): string | null {
  const { price, typeContract, startDate, endDate } = contract;
  const period = pricePeriodOf(typeContract, settings);
  if (period === undefined || price == null) return null;
  if (period === "month") return price;
  const { units, scale } = parseUnits(price);
  const shift = settings.decimals - scale;
  if (period === "year") return formatAmount(divideRounded(...rescale(units, 12n, shift)), settings.decimals);
  if (startDate == null || endDate == null) return null;
  const days = dayNumberOf(endDate) - dayNumberOf(startDate) + 1;
  if (days < 1) return null;
  const ofDays = rescale(units * 365n, BigInt(12 * days), shift);
  return formatAmount(divideRounded(...ofDays), settings.decimals);
}

/** As `divideRounded`, for safe doubles, the remainder of which is exact. */
function divideSafely(dividend: number, divisor: number) {
  const size = Math.abs(dividend);
  const remainder = size % divisor;
  const rounded = (size - remainder) / divisor + (2 * remainder >= divisor ? 1 : 0);
  return dividend < 0 ? -rounded : rounded;
}

/** What the price of a contract of a type is paid for; undefined if PRICE_PERIOD is not set. */
export function pricePeriodOf(
  typeContract: string | null | undefined,
  { pricePeriods }: RentSettings,
): PricePeriod | undefined {
  return pricePeriods?.byType.get(typeContract?.trim() ?? "") ?? pricePeriods?.usual;
}

/** A price divided by a time, in units of the currency's last decimal. */
function priceFraction({ units, scale }: DecimalUnits, time: number, { decimals }: RentSettings): Fraction {
  if (typeof units === "number") {
    const dividend = units * (POWERS_OF_TEN[Math.max(0, decimals - scale)] as number);
    const divisor = time * (POWERS_OF_TEN[Math.max(0, scale - decimals)] as number);
    if (isSafe(dividend) && isSafe(divisor)) return { dividend, divisor };
  }
  const [dividend, divisor] = rescale(BigInt(units), BigInt(time), decimals - scale);
  return { dividend, divisor };
}

/** As many as a short decimal has digits, and a currency decimals. */
const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));

/** Multiplies a fraction by a power of ten. */
function rescale(dividend: bigint, divisor: bigint, exponent: number): [dividend: bigint, divisor: bigint] {
  const factor = 10n ** BigInt(Math.abs(exponent));
  return exponent >= 0 ? [dividend * factor, divisor] : [dividend, divisor * factor];
}

/** Whether a whole number is so small that a double is exact, and those of four times its size too. */
const isSafe = (double: number) => Math.abs(double) <= Number.MAX_SAFE_INTEGER / 4;
