import { divideRounded, formatUnits } from "../../alma/index.ts";

/** What the amounts of one group come to. The names are the schema's. */
export interface DecimalSummary {
  readonly count: number;
  readonly sum: string;
  readonly min: string | null;
  readonly max: string | null;
  avg(scale: number): string | null;
}

/**
 * The number of each group's amounts, their sum, the least and the greatest. Exact: amounts are whole numbers of units
 * of one decimal, doubles where that is safe, otherwise bigints.
 */
export class AmountSums {
  readonly #scale: number;
  readonly #counts: Int32Array;
  readonly #sums: (number | bigint)[];
  readonly #mins: (number | bigint)[];
  readonly #maxs: (number | bigint)[];
  /** How many decimals the least amount has itself, the greatest one, and the one that has most. */
  readonly #minDecimals: Uint16Array;
  readonly #maxDecimals: Uint16Array;
  readonly #decimals: Uint16Array;

  /** `scale`: how many decimals a unit has. */
  constructor(groupCount: number, scale: number) {
    this.#scale = scale;
    this.#counts = new Int32Array(groupCount);
    this.#sums = new Array(groupCount).fill(0);
    this.#mins = new Array(groupCount).fill(0);
    this.#maxs = new Array(groupCount).fill(0);
    this.#minDecimals = new Uint16Array(groupCount);
    this.#maxDecimals = new Uint16Array(groupCount);
    this.#decimals = new Uint16Array(groupCount);
  }

  /** Adds an amount in units: a safe double, or a bigint. `decimals`: how many it has itself. */
  add(group: number, units: number | bigint, decimals: number): void {
    const isFirst = this.#counts[group] === 0;
    this.#counts[group] = (this.#counts[group] as number) + 1;
    this.#sums[group] = plus(this.#sums[group] as number | bigint, units);
    if (decimals > (this.#decimals[group] as number)) this.#decimals[group] = decimals;
    // Of equal amounts, the one with most decimals is shown.
    const min = this.#mins[group] as number | bigint;
    if (isFirst || units < min || (units <= min && decimals > (this.#minDecimals[group] as number))) {
      this.#mins[group] = units;
      this.#minDecimals[group] = decimals;
    }
    const max = this.#maxs[group] as number | bigint;
    if (isFirst || units > max || (units >= max && decimals > (this.#maxDecimals[group] as number))) {
      this.#maxs[group] = units;
      this.#maxDecimals[group] = decimals;
    }
  }

  /** The sum of a group, as text. */
  sum(group: number): string {
    return this.#format(this.#sums, this.#decimals, group);
  }

  summary(group: number): DecimalSummary {
    const count = this.#counts[group] as number;
    return {
      count,
      sum: this.sum(group),
      min: count === 0 ? null : this.#format(this.#mins, this.#minDecimals, group),
      max: count === 0 ? null : this.#format(this.#maxs, this.#maxDecimals, group),
      avg: (scale) => (count === 0 ? null : this.#average(group, count, scale)),
    };
  }

  #average(group: number, count: number, scale: number): string {
    const dividend = BigInt(this.#sums[group] as number | bigint) * 10n ** BigInt(scale);
    return formatUnits(divideRounded(dividend, BigInt(count) * 10n ** BigInt(this.#scale)), scale);
  }

  /** Units as text with fewer decimals: the rest of them are zeros. */
  #format(units: readonly (number | bigint)[], decimals: Uint16Array, group: number): string {
    const own = decimals[group] as number;
    return formatUnits(BigInt(units[group] as number | bigint) / 10n ** BigInt(this.#scale - own), own);
  }
}

function plus(one: number | bigint, other: number | bigint): number | bigint {
  if (typeof one === "number" && typeof other === "number") {
    const sum = one + other;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return BigInt(one) + BigInt(other);
}
