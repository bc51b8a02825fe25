import { divideRounded, formatAmount, formatUnits } from "../../alma/index.ts";

/** An amount in units of a decimal: a safe double, or a bigint. */
type Units = number | bigint;

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
 * of one decimal, doubles where that is safe, otherwise bigints. `scale`: how many decimals a unit has.
 */
export function createAmountSums(groupCount: number, scale: number) {
  const counts = new Int32Array(groupCount);
  const zeros = () => new Array<Units>(groupCount).fill(0);
  const [sums, mins, maxs] = [zeros(), zeros(), zeros()];

  const format = (units: readonly Units[], group: number) =>
    formatAmount(BigInt(units[group] as Units), scale);

  function average(group: number, count: number, meanScale: number) {
    const dividend = BigInt(sums[group] as Units) * 10n ** BigInt(meanScale);
    return formatUnits(divideRounded(dividend, BigInt(count) * 10n ** BigInt(scale)), meanScale);
  }

  return {
    /** Adds an amount. */
    add(group: number, units: Units) {
      const isFirst = counts[group] === 0;
      counts[group] = (counts[group] as number) + 1;
      sums[group] = plus(sums[group] as Units, units);
      if (isFirst || units < (mins[group] as Units)) mins[group] = units;
      if (isFirst || units > (maxs[group] as Units)) maxs[group] = units;
    },
    /** The sum of a group, as text. */
    sum: (group: number) => format(sums, group),
    summary(group: number): DecimalSummary {
      const count = counts[group] as number;
      return {
        count,
        sum: format(sums, group),
        min: count === 0 ? null : format(mins, group),
        max: count === 0 ? null : format(maxs, group),
        avg: (meanScale) => (count === 0 ? null : average(group, count, meanScale)),
      };
    },
  };
}

export type AmountSums = ReturnType<typeof createAmountSums>;

function plus(one: Units, other: Units) {
  if (typeof one === "number" && typeof other === "number") {
    const sum = one + other;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return BigInt(one) + BigInt(other);
}
