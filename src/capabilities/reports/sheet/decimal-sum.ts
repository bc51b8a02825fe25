import { Decimal } from "decimal.js";
import { decimal } from "../../../alma/index.ts";

/** Decimals with more digits than sums of amounts need. */
const Exact = Decimal.clone({ precision: 100 });

/** The number of digits before and after the point that the decimals of a column need. */
export interface DecimalSize {
  readonly whole: number;
  readonly scale: number;
}

const scaleOf = (text: string) => text.split(".")[1]?.length ?? 0;

/** Returns the number of digits that a decimal needs; undefined for other texts. */
export const sizeOfDecimal = (text: string): DecimalSize | undefined =>
  decimal.isDecimal(text)
    ? { whole: /^-?0*(\d*)/.exec(text)?.[1]?.length ?? 0, scale: scaleOf(text) }
    : undefined;

/** Returns a decimal as an integer in units of `scale` decimals. */
export const toUnscaled = (text: string, scale: number): bigint =>
  BigInt(new Exact(text).times(`1e${scale}`).toFixed());

/** Sums decimals exactly, with as many decimals as the longest one. */
export class DecimalSum {
  #total = new Exact(0);
  #scale = 0;

  /** Adds a decimal. Ignores other texts. */
  add(text: string): void {
    if (!decimal.isDecimal(text)) return;
    this.#total = this.#total.plus(text);
    this.#scale = Math.max(this.#scale, scaleOf(text));
  }

  toString(): string {
    return this.#total.toFixed(this.#scale);
  }
}

/** Returns the difference of two decimals. */
export const differenceOf = (one: string, other: string): string =>
  new Exact(one).minus(other).toFixed(Math.max(scaleOf(one), scaleOf(other)));

/** Returns a decimal in percent of another, rounded half away from zero; null if the other is zero. */
export function percentageOf(part: string, whole: string, decimals: number): string | null {
  const divisor = new Exact(whole);
  return divisor.isZero() ? null : new Exact(part).times(100).div(divisor).toFixed(decimals);
}
