import { Decimal } from "decimal.js";

/** Digits with an optional minus sign and fraction: no exponent, NaN or infinity. */
const DECIMAL = /^-?[0-9]+(?:\.[0-9]+)?$/;

/** Most amounts have the form already. */
const COMMON_AMOUNT = /^(?!-0\.00$)-?(?:0|[1-9][0-9]*)\.[0-9]{2}$/;

/** Whether a text is a decimal number in plain digits, such as "12.20" or "-3". */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** A number in plain digits: 1e-7 is "0.0000001". */
export function decimalText(number: number): string {
  const text = String(number);
  return isDecimal(text) ? text : new Decimal(number).toFixed();
}

/**
 * A decimal in the form of amounts, which is the same text for equal ones: no zeros in front, two decimals at least,
 * and behind these no zeros. "012.2" gives "12.20", "4500" gives "4500.00", "0.1250" gives "0.125".
 */
export function amountText(text: string): string {
  if (COMMON_AMOUNT.test(text)) return text;
  const [whole, fraction = ""] = stripLeadingZeros(text).split(".");
  return `${whole}.${fraction.replace(/(?<!0)0+$/, "").padEnd(2, "0")}`;
}

/** The same text for equal numbers: "12.20" and "012.2" both give "12.2". For decimals only. */
export function canonicalDecimal(text: string): string {
  return new Decimal(text).toString();
}

/**
 * Compares two decimals exactly: negative, zero or positive, as for `sort`. Rounding to a double never reverses an
 * order, so exact arithmetic, some ten times slower, is needed only where the doubles are equal.
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
