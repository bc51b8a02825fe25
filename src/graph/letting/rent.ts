import { divideRounded, formatUnits, parseUnits } from "../../alma/index.ts";
import { calendarDayOf, type DayNumber, dayNumberOf, daysInMonth } from "./day.ts";

/** What a price is paid for: each month, each year, or all days of the contract together. */
export type PricePeriod = "month" | "year" | "contract";

/** The period of prices (PRICE_PERIOD). Alma's document names none. */
export interface PricePeriods {
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
export interface PricedContract {
  readonly price?: string | null | undefined;
  readonly typeContract?: string | null | undefined;
  readonly startDate?: string | null | undefined;
  readonly endDate?: string | null | undefined;
  readonly unitUsage?: { readonly isArchived: boolean | null } | null | undefined;
}

/** Contracts without a first day count from this one. */
const EARLIEST = dayNumberOf("1900-01-01");

/** What a contract costs up to a day is `units` times the time until then, divided by `divisor`. */
export interface RentTerms {
  /** The price in units of its last decimal. */
  readonly units: bigint;
  /** Turns the price and the time into units of the currency's last decimal. */
  readonly divisor: bigint;
  /** Both as doubles; NaN where these are not exact. */
  readonly double: { readonly units: number; readonly divisor: number };
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

/** The end of a day. */
export function dayEndOf(day: DayNumber): DayEnd {
  const { year, month, day: dayOfMonth } = calendarDayOf(day);
  const monthParts = (year * 12 + month) * PARTS + dayOfMonth * (PARTS / daysInMonth(year, month));
  return { day, days: day, monthParts };
}

/**
 * What decides the rent of a contract. Null if it cannot be told: PRICE_PERIOD is not set, the contract is archived,
 * has no price, ends before it starts, or is paid for as a whole and has no first or no last day.
 */
export function rentTermsOf(contract: PricedContract, settings: RentSettings): RentTerms | null {
  const period = pricePeriodOf(contract, settings);
  if (period === undefined || contract.price == null || contract.unitUsage?.isArchived === true) return null;
  const { startDate, endDate } = contract;
  const isOpen = startDate == null || endDate == null;
  const firstDay = startDate == null ? EARLIEST : dayNumberOf(startDate);
  const lastDay = endDate == null ? Number.POSITIVE_INFINITY : dayNumberOf(endDate);
  if (lastDay < firstDay || (isOpen && period === "contract")) return null;
  const { units, scale } = parseUnits(contract.price);
  const time = period === "contract" ? lastDay - firstDay + 1 : period === "year" ? 12 * PARTS : PARTS;
  const measure = period === "contract" ? "days" : "monthParts";
  const [scaledUnits, divisor] = rescale(units, BigInt(time), settings.decimals - scale);
  return {
    units: scaledUnits,
    divisor,
    double: { units: doubleOf(scaledUnits), divisor: doubleOf(divisor) },
    firstDay,
    lastDay,
    measure,
    startsAt: dayEndOf(firstDay - 1)[measure],
    endsAt: Number.isFinite(lastDay) ? dayEndOf(lastDay)[measure] : lastDay,
  };
}

/** The rent from the first day to the end of a day, rounded once, in units of the currency's last decimal. */
export function rentUntil(terms: RentTerms, end: DayEnd): bigint {
  if (end.day < terms.firstDay) return 0n;
  const time = Math.min(end[terms.measure], terms.endsAt) - terms.startsAt;
  const { units, divisor } = terms.double;
  const product = units * time;
  if (isSafe(product) && isSafe(divisor)) return BigInt(divideSafely(product, divisor));
  return divideRounded(terms.units * BigInt(time), terms.divisor);
}

/**
 * The rent of the days from `from` to `to`, both included, in units of the currency's last decimal: the difference of
 * two sums, so that the rents of successive periods add up.
 */
export function rentOfDays(terms: RentTerms, from: DayNumber, to: DayNumber): bigint {
  return rentUntil(terms, dayEndOf(to)) - rentUntil(terms, dayEndOf(from - 1));
}

/**
 * The rent of a month: the price, a twelfth of it, or what 365 twelfths of its days cost. Null if there is no price, if
 * PRICE_PERIOD is not set, or if it is paid for as a whole and its days are not known.
 */
export function monthlyPriceOf(contract: PricedContract, settings: RentSettings): string | null {
  const { price, startDate, endDate } = contract;
  const period = pricePeriodOf(contract, settings);
  if (period === undefined || price == null) return null;
  if (period === "month") return price;
  const { units, scale } = parseUnits(price);
  const shift = settings.decimals - scale;
  if (period === "year") return formatUnits(divideRounded(...rescale(units, 12n, shift)), settings.decimals);
  if (startDate == null || endDate == null) return null;
  const days = dayNumberOf(endDate) - dayNumberOf(startDate) + 1;
  if (days < 1) return null;
  const ofDays = rescale(units * 365n, BigInt(12 * days), shift);
  return formatUnits(divideRounded(...ofDays), settings.decimals);
}

/** As `divideRounded`, for safe doubles, the remainder of which is exact. */
function divideSafely(dividend: number, divisor: number): number {
  const size = Math.abs(dividend);
  const remainder = size % divisor;
  const rounded = (size - remainder) / divisor + (2 * remainder >= divisor ? 1 : 0);
  return dividend < 0 ? -rounded : rounded;
}

function pricePeriodOf(
  { typeContract }: PricedContract,
  { pricePeriods }: RentSettings,
): PricePeriod | undefined {
  return pricePeriods?.byType.get(typeContract?.trim() ?? "") ?? pricePeriods?.usual;
}

/** Multiplies a fraction by a power of ten. */
function rescale(dividend: bigint, divisor: bigint, exponent: number): [dividend: bigint, divisor: bigint] {
  const factor = 10n ** BigInt(Math.abs(exponent));
  return exponent >= 0 ? [dividend * factor, divisor] : [dividend, divisor * factor];
}

/** Whether a whole number is so small that a double is exact, and those of four times its size too. NaN is not. */
const isSafe = (double: number): boolean => Math.abs(double) <= Number.MAX_SAFE_INTEGER / 4;

const doubleOf = (value: bigint): number => (isSafe(Number(value)) ? Number(value) : Number.NaN);
