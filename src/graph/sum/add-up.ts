import type { Steps } from "../metering/meter.ts";
import type { GroupContext, GroupSpec, MeasureValues } from "../spec/connection-spec.ts";
import { type AmountSums, createAmountSums } from "./amount-sums.ts";
import type { AmountValues } from "./amount-values.ts";
import { type Cells, groupRows } from "./cells.ts";
import type { Periods } from "./period.ts";
import {
  createDateRanges,
  type DateRanges,
  type KeyCodes,
  NO_VALUE,
  type PeriodAmountValues,
  type RowsOfKind,
  readRows,
  type SoughtValues,
} from "./row-values.ts";

/** What is worked out for all groups of an answer. The tables are by the names of the schema. */
export interface GroupTables {
  readonly spec: GroupSpec;
  readonly cells: Cells;
  readonly keys: ReadonlyMap<string, KeyCodes>;
  readonly periods: Periods | undefined;
  readonly amounts: ReadonlyMap<string, AmountSums>;
  readonly dates: ReadonlyMap<string, DateRanges>;
  readonly measures: ReadonlyMap<string, Float64Array>;
  readonly distinct: ReadonlyMap<string, Int32Array>;
}

type PeriodDays = Pick<Periods, "starts" | "ends" | "count">;

const NO_PERIODS: PeriodDays = { starts: [], ends: [], count: 1 };

/** Reads rows, groups them, and adds up their numbers, in steps. Throws BAD_USER_INPUT for too many groups. */
export function* addUp(
  parts: readonly RowsOfKind[],
  sought: SoughtValues,
  context: GroupContext,
): Steps<GroupTables> {
  const { spec, periods } = sought;
  const rows = yield* readRows(parts, sought, context);
  const days = periods ?? NO_PERIODS;
  const cells = yield* groupRows(rows, days.count);
  return {
    spec,
    cells,
    keys: rows.keys,
    periods,
    amounts: new Map([
      ...(yield* each(rows.amounts, (amounts) => sumAmounts(cells, amounts))),
      ...(yield* each(rows.periodAmounts, (amounts) => sumPeriodAmounts(cells, amounts, days))),
    ]),
    dates: yield* each(rows.dates, (digits) => rangeDates(cells, digits)),
    measures: yield* each(rows.measures, (measure) => addMeasures(cells, measure, days)),
    distinct: yield* each(rows.distinct, (codes) => countValues(cells, codes)),
  };
}

function* each<V, R>(table: ReadonlyMap<string, V>, work: (value: V) => Steps<R>): Steps<Map<string, R>> {
  const results = new Map<string, R>();
  for (const [name, value] of table) results.set(name, yield* work(value));
  return results;
}

function* sumAmounts({ count, visit }: Cells, amounts: AmountValues): Steps<AmountSums> {
  const sums = createAmountSums(count, amounts.scale);
  const { units, large } = amounts;
  yield* visit((group, position) => {
    if (!amounts.has(position)) return;
    const amount = units[position] as number;
    const exact = Number.isNaN(amount) ? (large.get(position) as bigint) : amount;
    sums.add(group, exact);
  });
  return sums;
}

function* sumPeriodAmounts(
  { count, visit }: Cells,
  { values, decimals }: PeriodAmountValues,
  { starts, ends }: PeriodDays,
): Steps<AmountSums> {
  const sums = createAmountSums(count, decimals);
  yield* visit((group, position, period) => {
    const units = values.at(position, starts[period] as number, ends[period] as number, period);
    if (units !== null) sums.add(group, units);
  });
  return sums;
}

function* rangeDates({ count, visit }: Cells, digits: Int32Array): Steps<DateRanges> {
  const ranges = createDateRanges(count);
  yield* visit((group, position) => {
    const day = digits[position] as number;
    if (day !== 0) ranges.add(group, day);
  });
  return ranges;
}

function* addMeasures(
  { count, visit }: Cells,
  measure: MeasureValues,
  { starts, ends }: PeriodDays,
): Steps<Float64Array> {
  const totals = new Float64Array(count);
  yield* visit((group, position, period) => {
    const amount = measure.at(position, starts[period] as number, ends[period] as number, period);
    totals[group] = (totals[group] as number) + Number(amount);
  });
  return totals;
}

/** Counts the different values in each group: all rows with one value are visited before those with the next. */
function* countValues({ count, visit }: Cells, { codes, values }: KeyCodes): Steps<Int32Array> {
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

/** The positions of rows by rising code. */
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
