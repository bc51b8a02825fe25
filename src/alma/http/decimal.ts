import { Decimal } from "decimal.js";

/** Digits with an optional sign before them and an optional fraction: no exponent, no NaN, no infinity. */
const DECIMAL = /^-?[0-9]+(?:\.[0-9]+)?$/;

/** True for a decimal number written out in digits, such as "12.20" or "-3". */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** One text for each number: "12.20", "012.2" and "12.2" give the same. */
export function canonicalDecimal(text: string): string {
  return new Decimal(text).toString();
}

/**
 * Compares by value, exactly. Rounding to a double never turns an order around, so two decimals whose doubles
 * differ are in the doubles' order; only equal doubles need exact arithmetic, which is some ten times slower.
 */
export function compareDecimal(a: string, b: string): number {
  if (a === b) return 0;
  const x = Number(a);
  const y = Number(b);
  return x < y ? -1 : x > y ? 1 : new Decimal(a).cmp(b);
}

/** The same digits, without zeros before them and without a sign before nothing: "-007.50" gives "-7.50". */
export function stripLeadingZeros(text: string): string {
  const stripped = text.replace(/^(-?)0+(?=[0-9])/, "$1");
  return /[1-9]/.test(stripped) ? stripped : stripped.replace("-", "");
}
