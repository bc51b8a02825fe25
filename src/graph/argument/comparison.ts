import { canonicalDecimal, compareDecimal, isDecimal } from "../../alma/index.ts";

/** How values of one kind are compared. None of it depends on the locale of the machine. */
export interface Comparison<V> {
  /** A total order; 0 only for values that are equal. */
  compare(a: V, b: V): number;
  /** Equal values, and only those, have the same. */
  canonical(value: V): string | number | boolean;
  /** True for a value of this kind: guards what comes back in a cursor. */
  accepts(value: unknown): value is V;
}

const collator = new Intl.Collator("en", { numeric: true });

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const identity = <V>(value: V): V => value;

/**
 * Text as people sort it, in any script (Unicode's root collation), with numbers inside by value: "Unit 9" comes before
 * "Unit 10". Texts that the collation takes as equal ("7" and "07") are put in order by their code units. Equality is
 * exact.
 */
export const texts: Comparison<string> = {
  compare: (a, b) => (a === b ? 0 : collator.compare(a, b) || byCodeUnit(a, b)),
  canonical: identity,
  accepts: (value) => typeof value === "string",
};

/** Numbers by value. */
export const numbers: Comparison<number> = {
  compare: (a, b) => a - b,
  canonical: identity,
  accepts: (value) => typeof value === "number",
};

/** Decimals, written as text, by value and exactly: "12.20" equals "12.2". */
export const decimals: Comparison<string> = {
  compare: compareDecimal,
  canonical: canonicalDecimal,
  accepts: (value): value is string => typeof value === "string" && isDecimal(value),
};

/** Calendar dates, written YYYY-MM-DD, the earlier first. */
export const dates: Comparison<string> = {
  compare: byCodeUnit,
  canonical: identity,
  accepts: (value): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value),
};

/** Flags, false first. */
export const booleans: Comparison<boolean> = {
  compare: (a, b) => Number(a) - Number(b),
  canonical: identity,
  accepts: (value) => typeof value === "boolean",
};
