import { divideRounded, formatAmount, formatUnits } from "../../alma/index.ts";

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

  /** `scale`: how many decimals a unit has. */
  constructor(groupCount: number, scale: number) {
    this.#scale = scale;
    this.#counts = new Int32Array(groupCount);
    this.#sums = new Array(groupCount).fill(0);
    this.#mins = new Array(groupCount).fill(0);
    this.#maxs = new Array(groupCount).fill(0);
  }

  /** Adds an amount in units: a safe double, or a bigint. */
  add(group: number, units: number | bigint): void {
    const isFirst = this.#counts[group] === 0;
    this.#counts[group] = (this.#counts[group] as number) + 1;
    this.#sums[group] = plus(this.#sums[group] as number | bigint, units);
    if (isFirst || units < (this.#mins[group] as number | bigint)) this.#mins[group] = units;
    if (isFirst || units > (this.#maxs[group] as number | bigint)) this.#maxs[group] = units;
  }

  /** The sum of a group, as text. */
  sum(group: number): string {
    return this.#format(this.#sums, group);
  }

  summary(group: number): DecimalSummary {
    const count = this.#counts[group] as number;
    return {
      count,
      sum: this.sum(group),
      min: count === 0 ? null : this.#format(this.#mins, group),
      max: count === 0 ? null : this.#format(this.#maxs, group),
      avg: (scale) => (count === 0 ? null : this.#average(group, count, scale)),
    };
  }

  #average(group: number, count: number, scale: number) {
    const dividend = BigInt(this.#sums[group] as number | bigint) * 10n ** BigInt(scale);
    return formatUnits(divideRounded(dividend, BigInt(count) * 10n ** BigInt(this.#scale)), scale);
  }

  #format(units: readonly (number | bigint)[], group: number) {
    return formatAmount(BigInt(units[group] as number | bigint), this.#scale);
  }
}

function plus(one: number | bigint, other: number | bigint) {
  if (typeof one === "number" && typeof other === "number") {
    const sum = one + other;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return BigInt(one) + BigInt(other);
}
