import { canonicalDecimal, compareDecimal, isDecimal, stripBlanks } from "../../alma/index.ts";

/** How values of one type are compared, independent of the machine's locale. */
export interface Comparison<V> {
  /** Negative if a sorts before b, positive if after, 0 only if they are equal. */
  compare(a: V, b: V): number;
  /** A key that is the same for equal values only. */
  canonical(value: V): string | number | boolean;
  /** Whether a value from outside, such as from a cursor, is of this type. */
  accepts(value: unknown): value is V;
  /** How values are written before they are compared, those of rows and those that a filter gives; by default as is. */
  normalize?(value: V): V;
}

const collator = new Intl.Collator("en", { numeric: true });

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const identity = <V>(value: V): V => value;

/**
 * Text by Unicode's root collation, with numbers in it by their value: "Unit 9" comes before "Unit 10". Texts that the
 * collation considers equal ("7" and "07") are ordered by code units. Equality is exact.
 */
export const texts: Comparison<string> = {
  compare: (a, b) => (a === b ? 0 : collator.compare(a, b) || byCodeUnit(a, b)),
  canonical: identity,
  accepts: (value) => typeof value === "string",
};

/** Bitrix ids: texts, whatever blanks are around them. */
export const externalIds: Comparison<string> = { ...texts, normalize: stripBlanks };

/** Numbers by their value. */
export const numbers: Comparison<number> = {
  compare: (a, b) => a - b,
  canonical: identity,
  accepts: (value) => typeof value === "number",
};

/** Decimals, as text, by their exact value: "12.20" equals "12.2". */
export const decimals: Comparison<string> = {
  compare: compareDecimal,
  canonical: canonicalDecimal,
  accepts: (value): value is string => typeof value === "string" && isDecimal(value),
};

/** Calendar dates, `YYYY-MM-DD`, the earlier first. */
export const dates: Comparison<string> = {
  compare: byCodeUnit,
  canonical: identity,
  accepts: (value): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value),
};

/** Booleans, false first. */
export const booleans: Comparison<boolean> = {
  compare: (a, b) => Number(a) - Number(b),
  canonical: identity,
  accepts: (value) => typeof value === "boolean",
};
