import { divideRounded, formatUnits, parseUnits } from "../../alma/index.ts";
import { DecimalSum, sizeOfDecimal } from "./decimal.ts";

/**
 * The sum of one column in percent of the sum of another: what percentages of rows come to. It is exact until it is
 * rounded once, halves away from zero, to the decimals that the percentages have.
 */
export class Percentage {
  readonly #part = new DecimalSum();
  readonly #whole = new DecimalSum();
  #scale = 0;

  reset(): void {
    this.#part.reset();
    this.#whole.reset();
    this.#scale = 0;
  }

  /** Adds a row that has these decimals; other texts add nothing. */
  add(part: string, whole: string, percentage: string): void {
    if (!sizeOfDecimal(part) || !sizeOfDecimal(whole)) return;
    this.#part.add(part);
    this.#whole.add(whole);
    this.#scale = Math.max(this.#scale, sizeOfDecimal(percentage)?.scale ?? 0);
  }

  /** Null if the whole is nothing. */
  toText(): string | null {
    const part = parseUnits(this.#part.toString());
    const whole = parseUnits(this.#whole.toString());
    if (whole.units === 0n) return null;
    const scaled = (units: bigint, scale: number) => units * 10n ** BigInt(scale);
    return formatUnits(
      divideRounded(scaled(part.units * 100n, whole.scale + this.#scale), scaled(whole.units, part.scale)),
      this.#scale,
    );
  }
}
