import { divideRounded, formatUnits, isDecimal, parseUnits } from "../../../alma/index.ts";

/** Digits before and after the point that the decimals of a column need. */
export interface DecimalSize {
  readonly whole: number;
  readonly scale: number;
}

/** The digits that a decimal needs; undefined for a text that is none. */
export function sizeOfDecimal(text: string): DecimalSize | undefined {
  if (!isDecimal(text)) return undefined;
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  return { whole: whole.replace(/^0+/, "").length, scale: fraction.length };
}

/** A decimal as a whole number of the smallest unit that `scale` decimals have, at least as many as it has itself. */
export function unscaled(text: string, scale: number): bigint {
  const { units, scale: own } = parseUnits(text);
  return units * 10n ** BigInt(Math.max(0, scale - own));
}

/** The exact sum of decimals, with as many decimals as the one that has most. */
export class DecimalSum {
  #total = 0n;
  #scale = 0;

  /** Adds a decimal; another text adds nothing. */
  add(text: string): void {
    if (!isDecimal(text)) return;
    const { units, scale } = parseUnits(text);
    if (scale > this.#scale) {
      this.#total *= 10n ** BigInt(scale - this.#scale);
      this.#scale = scale;
    }
    this.#total += units * 10n ** BigInt(this.#scale - scale);
  }

  toString(): string {
    return formatUnits(this.#total, this.#scale);
  }
}

/** A decimal in percent of another, rounded halves away from zero; null if that is nothing. */
export function percentageOf(part: string, whole: string, decimals: number): string | null {
  const [one, other] = [parseUnits(part), parseUnits(whole)];
  if (other.units === 0n) return null;
  const scaled = (units: bigint, scale: number) => units * 10n ** BigInt(scale);
  const [above, below] = [scaled(one.units, other.scale + decimals + 2), scaled(other.units, one.scale)];
  return formatUnits(divideRounded(above, below), decimals);
}
