import { divideRounded, formatUnits } from "../../alma/index.ts";

/** What the amounts of one group come to. The names are the schema's. */
export interface DecimalSummary {
  readonly count: number;
  readonly sum: string;
  readonly min: string | null;
  readonly max: string | null;
  avg(scale: number): string | null;
}

/** The least or the greatest amount of a group, and how many decimals it has itself. */
interface Extreme {
  readonly units: bigint;
  readonly decimals: number;
}

/** What is no safe double of one group. */
interface Large {
  sum: bigint;
  min: Extreme | undefined;
  max: Extreme | undefined;
}

/**
 * The number of each group's amounts, their sum, the least and the greatest. Exact: amounts are whole numbers of units
 * of one decimal, doubles where that is safe, otherwise bigints.
 */
export class AmountSums {
  readonly #scale: number;
  readonly #counts: Int32Array;
  readonly #sums: Float64Array;
  /** NaN while there is none. */
  readonly #mins: Float64Array;
  readonly #maxs: Float64Array;
  /** How many decimals the least amount has itself, the greatest one, and the one that has most. */
  readonly #minDecimals: Uint16Array;
  readonly #maxDecimals: Uint16Array;
  readonly #decimals: Uint16Array;
  readonly #large = new Map<number, Large>();

  /** `scale`: how many decimals a unit has. */
  constructor(groupCount: number, scale: number) {
    this.#scale = scale;
    this.#counts = new Int32Array(groupCount);
    this.#sums = new Float64Array(groupCount);
    this.#mins = new Float64Array(groupCount).fill(Number.NaN);
    this.#maxs = new Float64Array(groupCount).fill(Number.NaN);
    this.#minDecimals = new Uint16Array(groupCount);
    this.#maxDecimals = new Uint16Array(groupCount);
    this.#decimals = new Uint16Array(groupCount);
  }

  /** Adds an amount that is a safe double in units. `decimals`: how many it has itself. */
  add(group: number, units: number, decimals: number): void {
    this.#count(group, decimals);
    const sum = (this.#sums[group] as number) + units;
    if (Number.isSafeInteger(sum)) this.#sums[group] = sum;
    else {
      this.#largeOf(group).sum += BigInt(this.#sums[group] as number);
      this.#sums[group] = units;
    }
    // Of equal amounts, the one with most decimals is shown.
    const min = this.#mins[group] as number;
    if (!(units > min || (units === min && decimals <= (this.#minDecimals[group] as number)))) {
      this.#mins[group] = units;
      this.#minDecimals[group] = decimals;
    }
    const max = this.#maxs[group] as number;
    if (!(units < max || (units === max && decimals <= (this.#maxDecimals[group] as number)))) {
      this.#maxs[group] = units;
      this.#maxDecimals[group] = decimals;
    }
  }

  /** The same for an amount that is no safe double. */
  addLarge(group: number, units: bigint, decimals: number): void {
    this.#count(group, decimals);
    const large = this.#largeOf(group);
    const amount = { units, decimals };
    large.sum += units;
    if (!large.min || compare(amount, large.min) < 0) large.min = amount;
    if (!large.max || compare(amount, large.max) > 0) large.max = amount;
    if (large.min.units === units && decimals > large.min.decimals) large.min = amount;
    if (large.max.units === units && decimals > large.max.decimals) large.max = amount;
  }

  #count(group: number, decimals: number): void {
    this.#counts[group] = (this.#counts[group] as number) + 1;
    if (decimals > (this.#decimals[group] as number)) this.#decimals[group] = decimals;
  }

  #largeOf(group: number): Large {
    let large = this.#large.get(group);
    if (!large) {
      large = { sum: 0n, min: undefined, max: undefined };
      this.#large.set(group, large);
    }
    return large;
  }

  #sumOf(group: number): bigint {
    return BigInt(this.#sums[group] as number) + (this.#large.get(group)?.sum ?? 0n);
  }

  /** The sum of a group, as text. */
  sum(group: number): string {
    return this.#format(this.#sumOf(group), this.#decimals[group] as number);
  }

  summary(group: number): DecimalSummary {
    const count = this.#counts[group] as number;
    const large = this.#large.get(group);
    const ofDoubles = (values: Float64Array, decimals: Uint16Array): Extreme[] => {
      const units = values[group] as number;
      return Number.isNaN(units) ? [] : [{ units: BigInt(units), decimals: decimals[group] as number }];
    };
    const [min] = [...ofDoubles(this.#mins, this.#minDecimals), ...(large?.min ? [large.min] : [])].sort(
      compare,
    );
    const max = [...ofDoubles(this.#maxs, this.#maxDecimals), ...(large?.max ? [large.max] : [])]
      .sort(compare)
      .at(-1);
    return {
      count,
      sum: this.sum(group),
      min: min ? this.#format(min.units, min.decimals) : null,
      max: max ? this.#format(max.units, max.decimals) : null,
      avg: (scale) => (count === 0 ? null : this.#average(group, count, scale)),
    };
  }

  #average(group: number, count: number, scale: number): string {
    const dividend = this.#sumOf(group) * 10n ** BigInt(scale);
    return formatUnits(divideRounded(dividend, BigInt(count) * 10n ** BigInt(this.#scale)), scale);
  }

  /** Units as text with fewer decimals: the rest of them are zeros. */
  #format(units: bigint, decimals: number): string {
    return formatUnits(units / 10n ** BigInt(this.#scale - decimals), decimals);
  }
}

function compare(one: Extreme, other: Extreme): number {
  return one.units < other.units ? -1 : one.units > other.units ? 1 : 0;
}
