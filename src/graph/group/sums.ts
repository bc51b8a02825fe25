import type { Steps } from "../metering/meter.ts";
import type { ExactInteger, NumberValues, Sum } from "../resolver/connection-spec.ts";
import type { GroupCells } from "./cells.ts";
import type { Periods } from "./periods.ts";

/** Sums the numbers of the rows of each group, exactly, in steps. */
export function* sumNumbers(
  { count: groupCount, visit }: GroupCells,
  values: NumberValues,
  { starts, ends }: Pick<Periods, "starts" | "ends">,
): Steps<{ of(group: number): Sum }> {
  const counts = new Int32Array(groupCount);
  const zeros = () => new Array<ExactInteger>(groupCount).fill(0);
  const [totals, mins, maxs] = [zeros(), zeros(), zeros()];
  yield* visit((group, position, period) => {
    const units = values.at(position, starts[period] as number, ends[period] as number, period);
    if (units === null) return;
    const isFirst = counts[group] === 0;
    counts[group] = (counts[group] as number) + 1;
    totals[group] = plus(totals[group] as ExactInteger, units);
    if (isFirst || units < (mins[group] as ExactInteger)) mins[group] = units;
    if (isFirst || units > (maxs[group] as ExactInteger)) maxs[group] = units;
  });
  const { scale = 0 } = values;
  return {
    of: (group) => ({
      count: counts[group] as number,
      total: totals[group] as ExactInteger,
      min: mins[group] as ExactInteger,
      max: maxs[group] as ExactInteger,
      scale,
    }),
  };
}

function plus(one: ExactInteger, other: ExactInteger) {
  if (typeof one === "number" && typeof other === "number") {
    const sum = one + other;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return BigInt(one) + BigInt(other);
}
