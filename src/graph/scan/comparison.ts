import { canonicalDecimal, compareDecimal, isDecimal, stripBlanks } from "../../alma/index.ts";

/**
 * Numbers that stand for values, in the order of the values: they are compared in a tenth of the time. Different values
 * may have the same number, but a greater value never has a smaller one.
 */
export interface Scale<V> {
  numberOf(value: V): number;
  /** Whether no other such value has the number of this value. */
  isExact(value: V): boolean;
  /** A key that is the same for equal values only. */
  canonical(value: V): string | number | boolean;
}

/** How values of one type are compared, independent of the machine's locale. */
export interface Comparison<V> {
  /** Negative if a sorts before b, positive if after, 0 only if they are equal. */
  compare(a: V, b: V): number;
  /** Whether a value from outside, such as from a cursor, is of this type. */
  accepts(value: unknown): value is V;
  /** How values are written before they are compared, those of rows and those that a filter gives; by default as is. */
  normalize?(value: V): V;
  /** The numbers that stand for the values; undefined if there are none, as for texts. */
  readonly scale?: Scale<V>;
}

const collator = new Intl.Collator("en", { numeric: true });

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const identity = <V>(value: V): V => value;
const always = () => true;

/**
 * Text by Unicode's root collation, with numbers in it by their value: "Unit 9" comes before "Unit 10". Texts that the
 * collation considers equal ("7" and "07") are ordered by code units.
 */
export const texts: Comparison<string> = {
  compare: (a, b) => (a === b ? 0 : collator.compare(a, b) || byCodeUnit(a, b)),
  accepts: (value) => typeof value === "string",
};

/** Bitrix ids: texts, whatever blanks are around them. */
export const externalIds: Comparison<string> = { ...texts, normalize: stripBlanks };

/** Numbers by their value. */
export const numbers: Comparison<number> = {
  compare: (a, b) => a - b,
  accepts: (value) => typeof value === "number",
  scale: { numberOf: identity, isExact: always, canonical: identity },
};

/** Decimals, as text, by their exact value: "12.20" equals "12.2". */
export const decimals: Comparison<string> = {
  compare: compareDecimal,
  accepts: (value): value is string => typeof value === "string" && isDecimal(value),
  // Doubles tell all decimals of up to 15 digits apart.
  scale: { numberOf: Number, isExact: (value) => value.length <= 15, canonical: canonicalDecimal },
};

/** The digits of a date as one number: 20240131. */
function dayNumber(day: string) {
  let number = 0;
  for (let index = 0; index < day.length; index++)
    if (day[index] !== "-") number = number * 10 + day.charCodeAt(index) - 48;
  return number;
}

/** Calendar dates, `YYYY-MM-DD`, the earlier first. */
export const dates: Comparison<string> = {
  compare: byCodeUnit,
  accepts: (value): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value),
  scale: { numberOf: dayNumber, isExact: always, canonical: identity },
};

/** Booleans, false first. */
export const booleans: Comparison<boolean> = {
  compare: (a, b) => Number(a) - Number(b),
  accepts: (value) => typeof value === "boolean",
  scale: { numberOf: Number, isExact: always, canonical: identity },
};

/** The values of a list, in its order. */
export const inOrderOf = <V>(list: readonly V[]): Comparison<V> => ({
  compare: (a, b) => list.indexOf(a) - list.indexOf(b),
  accepts: (value): value is V => list.includes(value as V),
});
