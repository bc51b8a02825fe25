import { Decimal } from "decimal.js";

/** Formats units of the last decimal: 27419 with 2 decimals is "274.19". */
export function formatUnits(units: bigint, decimals: number): string {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0");
  const sign = units < 0n ? "-" : "";
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-decimals)}`;
}

/** Formats units in the form of amounts. */
export const formatAmount = (units: bigint, decimals: number): string =>
  amountText(formatUnits(units, decimals));

/** Parses a decimal into units of its last decimal: "274.190" is 274190 with a scale of 3. */
export function parseUnits(text: string): { readonly units: bigint; readonly scale: number } {
  const point = text.indexOf(".");
  if (point === -1) return { units: BigInt(text), scale: 0 };
  return { units: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

/** A decimal in units of its last decimal. */
export interface DecimalUnits {
  /** A double only if exact. */
  readonly units: number | bigint;
  readonly scale: number;
}

/** The digits of texts up to this length fit into a double exactly. */
const SHORT_LENGTH = 15;

const [ZERO, MINUS, POINT] = [48, 45, 46];

/**
 * Like `parseUnits`, but faster, for a short decimal as a double: "-1250.50" is -125050 with a scale of 2.
 */
export function parseShortUnits(text: string): DecimalUnits {
  if (text.length > SHORT_LENGTH) return parseUnits(text);
  let units = 0;
  let point = text.length - 1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === POINT) point = index;
    else if (code !== MINUS) units = units * 10 + code - ZERO;
  }
  return { units: text.charCodeAt(0) === MINUS ? -units : units, scale: text.length - 1 - point };
}

/** Divides and rounds to an integer, halves away from zero. The divisor is positive. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend;
  const rounded = (2n * size + divisor) / (2n * divisor);
  return dividend < 0n ? -rounded : rounded;
}

/** Digits with an optional minus sign and fraction; no exponent, NaN or infinity. */
const DECIMAL = /^-?[0-9]+(?:\.[0-9]+)?$/;

/** Matches the form that most amounts already have. */
const COMMON_AMOUNT = /^(?!-0\.00$)-?(?:0|[1-9][0-9]*)\.[0-9]{2}$/;

/** Returns whether a text is a decimal number in plain digits, such as "12.20" or "-3". */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** Formats a number in plain digits: 1e-7 is "0.0000001". */
export function decimalText(number: number): string {
  const text = String(number);
  return isDecimal(text) ? text : new Decimal(number).toFixed();
}

/**
 * Formats a decimal as an amount, so that equal ones have the same text: no leading zeros, at least two
 * decimals, no further trailing zeros. "012.2" gives "12.20", "4500" gives "4500.00", "0.1250" gives "0.125".
 */
export function amountText(text: string): string {
  if (COMMON_AMOUNT.test(text)) return text;
  const [whole, fraction = ""] = stripLeadingZeros(text).split(".");
  return `${whole}.${fraction.replace(/(?<!0)0+$/, "").padEnd(2, "0")}`;
}

/** Returns the same text for equal decimals: "12.20" and "012.2" both give "12.2". */
export function canonicalDecimal(text: string): string {
  return new Decimal(text).toString();
}

/**
 * Compares two decimals exactly: negative, zero or positive, as for `sort`. Rounding to doubles never
 * reverses an order, so exact arithmetic, about ten times slower, is needed only if the doubles are equal.
 */
export function compareDecimal(a: string, b: string): number {
  if (a === b) return 0;
  const x = Number(a);
  const y = Number(b);
  return x < y ? -1 : x > y ? 1 : new Decimal(a).cmp(b);
}

/** Removes leading zeros, and the sign of zero: "-007.50" gives "-7.50", "-0.0" gives "0.0". */
export function stripLeadingZeros(text: string): string {
  const stripped = text.replace(/^(-?)0+(?=[0-9])/, "$1");
  return /[1-9]/.test(stripped) ? stripped : stripped.replace("-", "");
}
