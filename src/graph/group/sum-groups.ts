import type { Steps } from "../metering/meter.ts";
import type {
  ExactInteger,
  GroupContext,
  GroupSpec,
  NumberValues,
  Sum,
} from "../resolver/connection-spec.ts";
import { type GroupCells, groupRows } from "./cells.ts";
import type { Periods } from "./periods.ts";
import { type KeyCodes, NO_VALUE, type RequestedValues, type RowsOfKind, readRows } from "./row-values.ts";

/** The results for all groups of an answer, by schema names. */
export interface GroupTables {
  readonly spec: GroupSpec;
  readonly cells: GroupCells;
  readonly keys: ReadonlyMap<string, KeyCodes>;
  readonly periods: Periods | undefined;
  readonly numbers: ReadonlyMap<string, { of(group: number): Sum }>;
  readonly distinct: ReadonlyMap<string, Int32Array>;
}

/** Used without periods, where days don't matter. */
const NO_PERIODS = { starts: [0], ends: [0], count: 1 };

/** Reads rows, groups them and sums their numbers, in steps. Throws BAD_USER_INPUT for too many groups. */
export function* sumGroups(
  parts: readonly RowsOfKind[],
  requested: RequestedValues,
  context: GroupContext,
): Steps<GroupTables> {
  const { spec, periods } = requested;
  const rows = yield* readRows(parts, requested, context);
  const days = periods ?? NO_PERIODS;
  const cells = yield* groupRows(rows, days.count);
  return {
    spec,
    cells,
    keys: rows.keys,
    periods,
    numbers: yield* each(rows.numbers, (values) => sumNumbers(cells, values, days)),
    distinct: yield* each(rows.distinct, (codes) => countValues(cells, codes)),
  };
}

function* each<V, R>(table: ReadonlyMap<string, V>, work: (value: V) => Steps<R>): Steps<Map<string, R>> {
  const results = new Map<string, R>();
  for (const [name, value] of table) results.set(name, yield* work(value));
  return results;
}

/** Counts the distinct values in each group, by visiting the rows value by value. */
function* countValues({ count, visit }: GroupCells, { codes, values }: KeyCodes): Steps<Int32Array> {
  const counts = new Int32Array(count);
  const lastCodes = new Int32Array(count).fill(NO_VALUE);
  yield* visit(
    (group, position) => {
      const code = codes[position] as number;
      if (code === NO_VALUE || lastCodes[group] === code) return;
      lastCodes[group] = code;
      counts[group] = (counts[group] as number) + 1;
    },
    sortByCode(codes, values.length),
  );
  return counts;
}

/** Returns the positions of rows, sorted by code. */
function sortByCode(codes: Int32Array, codeCount: number): Int32Array {
  const starts = new Int32Array(codeCount + 1);
  for (const code of codes) starts[code + 1] = (starts[code + 1] as number) + 1;
  for (let code = 1; code <= codeCount; code++)
    starts[code] = (starts[code] as number) + (starts[code - 1] as number);
  const order = new Int32Array(codes.length);
  for (let position = 0; position < codes.length; position++) {
    const code = codes[position] as number;
    const place = starts[code] as number;
    starts[code] = place + 1;
    order[place] = position;
  }
  return order;
}

/** Sums the numbers of the rows of each group, exactly, in steps. */
function* sumNumbers(
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
