import { Decimal } from "decimal.js";

/** The length of a period. */
export type Unit = "DAY" | "WEEK" | "MONTH" | "QUARTER" | "YEAR";

/** A range of days. */
export interface Period {
  readonly from: string;
  readonly to: string;
  readonly days: number;
}

const Exact = Decimal.clone({ precision: 200, rounding: Decimal.ROUND_HALF_UP });
const DAY = 86_400_000;
const textOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** The day on which the week, month, quarter or year of a day begins. */
export function truncated(day: string, unit: Unit): string {
  const time = Date.parse(day);
  const [year, month] = [day.slice(0, 4), Number(day.slice(5, 7))];
  if (unit === "WEEK") return textOf(time - ((new Date(time).getUTCDay() + 6) % 7) * DAY);
  if (unit === "MONTH") return `${day.slice(0, 7)}-01`;
  if (unit === "QUARTER") return `${year}-${String(month - ((month - 1) % 3)).padStart(2, "0")}-01`;
  return unit === "YEAR" ? `${year}-01-01` : day;
}

/** The periods of a range of days; each day belongs to one. */
export function periodsOf({ from, to, unit }: { from: string; to: string; unit: Unit }): Period[] {
  const periods = new Map<string, Period>();
  for (let time = Date.parse(from); time <= Date.parse(to); time += DAY) {
    const day = textOf(time);
    const start = truncated(day, unit);
    const known = periods.get(start) ?? { from: day, to: day, days: 0 };
    periods.set(start, { from: known.from, to: day, days: known.days + 1 });
  }
  return [...periods.values()];
}

/** An amount as shown: equal amounts have the same text, with at least two decimals. */
export function amountOf(value: Decimal.Value): string {
  const exact = new Exact(value);
  return exact.toFixed(Math.max(2, exact.decimalPlaces()));
}

/** The aggregates of amounts, as a group shows them with `avg(scale: 3)`. */
export function amountsOf(values: readonly (string | null)[]) {
  const known = values.filter((value): value is string => value !== null);
  const sum = known.reduce((total, value) => total.plus(value), new Exact(0));
  const sorted = known.map(amountOf).sort((a, b) => new Exact(a).cmp(b));
  return {
    count: known.length,
    sum: amountOf(sum),
    avg: known.length === 0 ? null : sum.div(known.length).toFixed(3),
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
  };
}

/** The fields that determine a rent. */
export interface Priced {
  readonly price: string | null;
  readonly period: "month" | "year" | "contract";
  readonly from: string | null;
  readonly to: string | null;
  readonly isArchived: boolean;
}

/** A multiple of this divided by any month's days is a whole number. */
const PARTS = 28n * 29n * 30n * 31n;

const EARLIEST = "1900-01-01";
const indexOf = (day: string): number => (Date.parse(day) - Date.parse(EARLIEST)) / DAY;
/** Prefix sums of the daily shares, from the earliest day on, extended on demand. */
const partsBefore: bigint[] = [0n];

function allPartsBefore(index: number): bigint {
  for (let next = partsBefore.length; next <= index; next++) {
    const day = new Date(Date.parse(EARLIEST) + (next - 1) * DAY);
    const days = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
    partsBefore.push((partsBefore[next - 1] as bigint) + PARTS / BigInt(days));
  }
  return partsBefore[index] as bigint;
}

function partsUntil({ from, to, period }: Priced, until: string): { parts: bigint; whole: bigint } {
  const first = indexOf(from ?? EARLIEST);
  const whole = to === null ? 0n : BigInt(indexOf(to) - first + 1);
  const end = indexOf(to !== null && to < until ? to : until) + 1;
  if (end <= first) return { parts: 0n, whole };
  const parts = period === "contract" ? BigInt(end - first) : allPartsBefore(end) - allPartsBefore(first);
  return { parts, whole };
}

function rentUntil(priced: Priced, until: string): Decimal {
  const { parts, whole } = partsUntil(priced, until);
  const divisor = priced.period === "contract" ? whole : priced.period === "year" ? PARTS * 12n : PARTS;
  return new Exact(priced.price ?? 0).times(parts.toString()).div(divisor.toString()).toDecimalPlaces(2);
}

/** The rent for the days of a period, by adding up every day from the start. */
export function rentBetween(priced: Priced, from: string, to: string): string | null {
  const { price, isArchived, period } = priced;
  if (price === null || isArchived) return null;
  if (priced.to !== null && priced.to < (priced.from ?? EARLIEST)) return null;
  if (period === "contract" && (priced.from === null || priced.to === null)) return null;
  const before = textOf(Date.parse(from) - DAY);
  return rentUntil(priced, to).minus(rentUntil(priced, before)).toFixed(2);
}

/** The rent of a month. */
export function monthlyPrice({ price, period, from, to }: Priced): string | null {
  if (price === null || period === "month") return price;
  if (period === "year") return new Exact(price).div(12).toFixed(2);
  const days = from === null || to === null ? 0 : (Date.parse(to) - Date.parse(from)) / DAY + 1;
  return days < 1 ? null : new Exact(price).times(365).div(12).div(days).toFixed(2);
}

/** A part of a whole in percent, with three decimals. */
export function percent(part: number, whole: number): string {
  return new Exact(part).times(100).div(whole).toFixed(3);
}
