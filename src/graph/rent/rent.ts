import { decimal } from "../../alma/index.ts";
import { calendarDayOf, type DayNumber, dayNumber, dayNumberOf } from "./day.ts";

/** The fields of a contract that decide which days it covers. Alma: Contracts. */
export interface DatedContract {
  readonly startDate?: string | null;
  readonly endDate?: string | null;
  readonly unitUsage?: { readonly isArchived: boolean | null } | null;
}

/** Consecutive days, including both ends; infinite at an open end. */
export interface DayRange {
  readonly from: DayNumber;
  readonly to: DayNumber;
}

/**
 * Returns the days that a contract covers. Null if it ends before it starts or is archived, since the day of archiving
 * is unknown.
 */
export function coverageOf({ startDate, endDate, unitUsage }: DatedContract): DayRange | null {
  if (unitUsage?.isArchived === true) return null;
  const from = startDate == null ? -Infinity : dayNumberOf(startDate);
  const to = endDate == null ? Infinity : dayNumberOf(endDate);
  return from <= to ? { from, to } : null;
}

/** Returns the days that two ranges share; null if none. */
export function commonDays(one: DayRange | null, other: DayRange | null): DayRange | null {
  if (!one || !other) return null;
  const range = { from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) };
  return range.from <= range.to ? range : null;
}

/**
 * Returns the first day since which an object has been vacant on a day: the day after the last contract that ended
 * before. Null if a contract covers the day, or none ended before.
 */
export function vacantSince(contracts: readonly DatedContract[], day: DayNumber): DayNumber | null {
  let lastEnd = -Infinity;
  for (const contract of contracts) {
    const range = coverageOf(contract);
    if (!range || range.from > day) continue;
    if (range.to >= day) return null;
    lastEnd = Math.max(lastEnd, range.to);
  }
  return Number.isFinite(lastEnd) ? lastEnd + 1 : null;
}

/** The period of a price: each month, each year, or the whole contract. */
export type PricePeriod = "month" | "year" | "contract";

/** The period of prices (PRICE_PERIOD), which Alma does not document. */
interface PricePeriods {
  readonly usual: PricePeriod;
  /** The exceptions, by `typeContract`. */
  readonly byType: ReadonlyMap<string, PricePeriod>;
}

/** How rents are computed. */
export interface RentSettings {
  /** Undefined if PRICE_PERIOD is not set, so that no rent is known. */
  readonly pricePeriods: PricePeriods | undefined;
  /** The decimals of CURRENCY. */
  readonly decimals: number;
}

/** The fields of a tenant contract that decide its rent. Alma: Contracts. */
export interface PricedContract extends DatedContract {
  readonly price?: string | null;
  readonly typeContract?: string | null;
}

/** The first day assumed for contracts without one. */
const EARLIEST = "1900-01-01";

/** A fraction of whole numbers: doubles where exact, otherwise bigints. */
type Fraction =
  | { readonly dividend: number; readonly divisor: number }
  | { readonly dividend: bigint; readonly divisor: bigint };

/** The data that determines a rent. The cost of a contract up to a day is `price` times the time until that day. */
export interface RentTerms {
  /** In units of the currency's last decimal. */
  readonly price: Fraction;
  readonly firstDay: DayNumber;
  /** The unit of time. */
  readonly measure: "days" | "monthParts";
  /** The time before its first day, and until its last day. */
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The end of a day, measured from a fixed past day; shared by many contracts. */
export interface DayEnd {
  /** In days: the number of the day. */
  readonly days: number;
  /** In calendar months, divided into parts so that each day is a whole number of parts. */
  readonly monthParts: number;
}

/** The parts of a month, divisible by 28, 29, 30 and 31. */
const PARTS = 28 * 29 * 15 * 31;

/** Returns the end of a day. */
export function dayEndOf(number: DayNumber): DayEnd {
  const { year, month, day } = calendarDayOf(number);
  const daysInMonth = dayNumber(year, month + 1, 0) - (number - day);
  return { days: number, monthParts: (year * 12 + month) * PARTS + day * (PARTS / daysInMonth) };
}

/**
 * Reads the data that decides the rent of a contract. Null if it is unknown: PRICE_PERIOD is not set, or the contract
 * is archived, has no price, ends before it starts, or is priced as a whole without a first or last day.
 */
export function rentTermsOf(contract: PricedContract, settings: RentSettings): RentTerms | null {
  const { price, typeContract, startDate, endDate, unitUsage } = contract;
  const period = pricePeriodOf(typeContract, settings);
  const covered = coverageOf({ startDate: startDate ?? EARLIEST, endDate, unitUsage });
  if (period === undefined || price == null || !covered) return null;
  const { from: firstDay, to: lastDay } = covered;
  const amount = decimal.parseShortUnits(price);
  if (period === "contract") {
    if (startDate == null || endDate == null) return null;
    const ofDays = priceFraction(amount, lastDay - firstDay + 1, settings);
    return { price: ofDays, firstDay, measure: "days", startsAt: firstDay - 1, endsAt: lastDay };
  }
  const ofParts = priceFraction(amount, period === "year" ? 12 * PARTS : PARTS, settings);
  const startsAt = dayEndOf(firstDay - 1).monthParts;
  const endsAt = lastDay === Infinity ? Infinity : dayEndOf(lastDay).monthParts;
  return { price: ofParts, firstDay, measure: "monthParts", startsAt, endsAt };
}

/** Returns the rent from the first day to the end of a day, rounded once, in units of the currency's last decimal. */
function rentUntil({ price, firstDay, measure, startsAt, endsAt }: RentTerms, end: DayEnd) {
  if (end.days < firstDay) return 0;
  const time = Math.min(end[measure], endsAt) - startsAt;
  if (typeof price.dividend === "number" && isSafe(price.dividend * time))
    return divideSafely(price.dividend * time, price.divisor as number);
  return decimal.divideRounded(BigInt(price.dividend) * BigInt(time), BigInt(price.divisor));
}

/**
 * Returns the rent of the days after `before`, up to and including `last`, in units of the currency's last decimal. It
 * is the difference of two sums, so that successive periods add up.
 */
export function rentBetweenEnds(terms: RentTerms, before: DayEnd, last: DayEnd): number | bigint {
  const [until, already] = [rentUntil(terms, last), rentUntil(terms, before)];
  if (typeof until === "number" && typeof already === "number") return until - already;
  return BigInt(until) - BigInt(already);
}

/** Returns the rent of the days from `from` to `to`, including both, in units of the currency's last decimal. */
export function rentOfDays(terms: RentTerms, from: DayNumber, to: DayNumber): bigint {
  return BigInt(rentBetweenEnds(terms, dayEndOf(from - 1), dayEndOf(to)));
}

/**
 * Returns the monthly rent: the price, a twelfth of it, or the cost of 365/12 of its days. Null without a
 * price or PRICE_PERIOD, or if it is priced as a whole and its days are unknown.
 */
export function monthlyPriceOf(contract: PricedContract, settings: RentSettings): string | null {
  const { price, typeContract, startDate, endDate } = contract;
  const period = pricePeriodOf(typeContract, settings);
  if (period === undefined || price == null) return null;
  if (period === "month") return price;
  const { units, scale } = decimal.parseUnits(price);
  const shift = settings.decimals - scale;
  if (period === "year")
    return decimal.formatAmount(decimal.divideRounded(...rescale(units, 12n, shift)), settings.decimals);
  if (startDate == null || endDate == null) return null;
  const days = dayNumberOf(endDate) - dayNumberOf(startDate) + 1;
  if (days < 1) return null;
  const ofDays = rescale(units * 365n, BigInt(12 * days), shift);
  return decimal.formatAmount(decimal.divideRounded(...ofDays), settings.decimals);
}

/** Like `divideRounded`, for safe doubles, whose remainder is exact. */
function divideSafely(dividend: number, divisor: number) {
  const size = Math.abs(dividend);
  const remainder = size % divisor;
  const rounded = (size - remainder) / divisor + (2 * remainder >= divisor ? 1 : 0);
  return dividend < 0 ? -rounded : rounded;
}

/** Returns the price period of a contract type; undefined if PRICE_PERIOD is not set. */
function pricePeriodOf(
  typeContract: string | null | undefined,
  { pricePeriods }: RentSettings,
): PricePeriod | undefined {
  return pricePeriods?.byType.get(typeContract?.trim() ?? "") ?? pricePeriods?.usual;
}

/** Divides a price by a time, in units of the currency's last decimal. */
function priceFraction(
  { units, scale }: decimal.DecimalUnits,
  time: number,
  { decimals }: RentSettings,
): Fraction {
  if (typeof units === "number") {
    const dividend = units * (POWERS_OF_TEN[Math.max(0, decimals - scale)] as number);
    const divisor = time * (POWERS_OF_TEN[Math.max(0, scale - decimals)] as number);
    if (isSafe(dividend) && isSafe(divisor)) return { dividend, divisor };
  }
  const [dividend, divisor] = rescale(BigInt(units), BigInt(time), decimals - scale);
  return { dividend, divisor };
}

/** Powers of ten for the digits of a short decimal and the decimals of a currency. */
const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));

/** Multiplies a fraction by a power of ten. */
function rescale(dividend: bigint, divisor: bigint, exponent: number): [dividend: bigint, divisor: bigint] {
  const factor = 10n ** BigInt(Math.abs(exponent));
  return exponent >= 0 ? [dividend * factor, divisor] : [dividend, divisor * factor];
}

/** Returns whether a whole number and four times that number are exact as doubles. */
const isSafe = (double: number) => Math.abs(double) <= Number.MAX_SAFE_INTEGER / 4;
