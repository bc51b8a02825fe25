import { amountText } from "./decimal.ts";

/** A number in units of its last decimal, as text: 27419 with 2 decimals is "274.19". */
export function formatUnits(units: bigint, decimals: number): string {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0");
  const sign = units < 0n ? "-" : "";
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-decimals)}`;
}

/** The same in the form of amounts. */
export const formatAmount = (units: bigint, decimals: number): string =>
  amountText(formatUnits(units, decimals));

/** A decimal in units of its last decimal: "274.190" is 274190 with a scale of 3. */
export function parseUnits(text: string): { readonly units: bigint; readonly scale: number } {
  const point = text.indexOf(".");
  if (point === -1) return { units: BigInt(text), scale: 0 };
  return { units: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

/** A decimal in units of its last decimal. */
export interface DecimalUnits {
  /** A double only if that is exact. */
  readonly units: number | bigint;
  readonly scale: number;
}

/** Texts of up to so many characters have digits that a double holds exactly. */
const SHORT_LENGTH = 15;

const [ZERO, MINUS, POINT] = [48, 45, 46];

/** As `parseUnits`, of a short decimal as a double, which is quicker: "-1250.50" is -125050 with a scale of 2. */
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

/** Divides, rounding to a whole number, halves away from zero. The divisor is positive. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend;
  const rounded = (2n * size + divisor) / (2n * divisor);
  return dividend < 0n ? -rounded : rounded;
}
