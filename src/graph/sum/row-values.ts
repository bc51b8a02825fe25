import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { PeriodUnit } from "../generated.ts";
import type { Steps } from "../metering/meter.ts";
import { Block, type ColumnCache, cacheColumns, type Selection } from "../scan/block.ts";
import { type Column, type Comparison, numbers, type Row } from "../scan/column.ts";
import type {
  GroupContext,
  GroupKey,
  GroupSpec,
  KeyValue,
  Measure,
  MeasureValues,
  PeriodAmount,
  ReadBlock,
} from "../spec/connection-spec.ts";
import { AmountValues, readAmounts } from "./amount-values.ts";
import { dayNumberOfDigits, type Periods, truncateDay } from "./period.ts";

/** A key that groups have in common. */
export interface GroupedKey {
  /** Its value of the schema's enum. */
  readonly name: string;
  readonly key: GroupKey;
  /** How coarse a day is taken; undefined if the key is no day. */
  readonly unit: PeriodUnit | undefined;
}

/** The code of rows that have no value of a key. */
export const NO_VALUE = 0;

/** The values of a key in rows, as codes: whole numbers from 0 on. */
function createKeyCodes({ key, unit }: GroupedKey, size: number, context: GroupContext) {
  const codes = new Int32Array(size);
  const values: (KeyValue | null)[] = [null];
  const names: (readonly (string | null)[])[] = [];
  /** By code: what the key shows, if that is a part. */
  const parts: unknown[] = [null];
  const codeByValue = new Map<KeyValue, number>();
  const readPart = key.part?.read(context);

  function codeOfKey(value: KeyValue | null, row: Row) {
    if (value === null) return NO_VALUE;
    return codeByValue.get(value) ?? addValue(value, row);
  }

  function addValue(value: KeyValue, row: Row) {
    const code = values.length;
    values.push(value);
    codeByValue.set(value, code);
    if (!readPart) return code;
    const part = readPart(row);
    parts.push(part);
    const { nameOf } = key.part ?? {};
    if (nameOf) names[code] = [nameOf(part as never)];
    return code;
  }

  function columnReader(kind: Kind, { column: of, derive }: Extract<GroupKey, { flags?: undefined }>) {
    const column = typeof of === "function" ? of(context, kind) : of;
    const derived = derive?.(context) as ((value: unknown) => KeyValue | null) | undefined;
    const truncated = (value: unknown) => truncateDay(unit as PeriodUnit, value as string);
    const toKey = derived ?? (unit ? truncated : (value: unknown) => value as KeyValue);
    // Numbers are the values that they stand for: the row, which takes longer to reach, need not be looked at.
    const isNumber = column.comparison === (numbers as Comparison<unknown>);
    const codeOf = (entry: unknown, row: Row) => {
      const value = isNumber ? (Number.isNaN(entry) ? null : entry) : column.read(row);
      return value === null ? NO_VALUE : codeOfKey(toKey(value), row);
    };
    // Blocks have numbers of a column whose comparison has a scale, otherwise values: each is looked at once.
    const codeByEntry = new Map<unknown, number>();
    const read = (block: Block, start: number) => {
      const entries = column.comparison.scale ? block.numbers(column).numbers : block.values(column);
      for (let index = 0; index < block.size; index++) {
        const entry = entries[index];
        let code = codeByEntry.get(entry);
        if (code === undefined) {
          code = codeOf(entry, block.row(index));
          codeByEntry.set(entry, code);
        }
        codes[start + index] = code;
      }
    };
    return { columns: [column] as readonly Column[], read };
  }

  function flagReader(kind: Kind, { flags, decide }: Extract<GroupKey, { column?: undefined }>) {
    const { filters, day } = context;
    const conditions = flags.map((flag) => flag(filters, kind, day));
    // What holds of a row decides its key: each combination is looked at once.
    const codeByBits: number[] = [];
    const read = (block: Block, start: number) => {
      const bits = new Uint8Array(block.size);
      for (const [flag, { predicate }] of conditions.entries()) {
        const mask = block.takeMask().fill(1);
        predicate(block, mask);
        for (let index = 0; index < block.size; index++)
          bits[index] = (bits[index] as number) | ((mask[index] as number) << flag);
        block.returnMask();
      }
      for (const [index, all] of bits.entries()) {
        const code =
          codeByBits[all] ??
          codeOfKey(
            decide((flag) => ((all >> flag) & 1) === 1),
            block.row(index),
          );
        codeByBits[all] = code;
        codes[start + index] = code;
      }
    };
    return { columns: conditions.flatMap(({ columns }) => [...columns]), read };
  }

  return {
    /** By the rows' positions. */
    codes,
    /** By code. */
    values,
    /** By code: the names by which groups are ordered, of keys that show records and parts. */
    names,
    /** How rows of a kind are read. */
    reader: (kind: Kind): ReturnType<MeasureValues["reader"]> =>
      key.flags ? flagReader(kind, key) : columnReader(kind, key),
    /** What the key shows of a code, if that is no record. */
    shown: (code: number) => (readPart ? parts[code] : values[code]),
  };
}

export type KeyCodes = ReturnType<typeof createKeyCodes>;

/** Works something out of a row once, though it is asked for in each of the row's periods: these follow each other. */
export function eachRowOnce<V>(work: (position: number) => V): (position: number) => V {
  let known: { readonly position: number; readonly value: V } | undefined;
  return (position) => {
    if (known?.position !== position) known = { position, value: work(position) };
    return known.value;
  };
}

/** What the days of one group come to. The names are the schema's. */
export interface DateSummary {
  readonly count: number;
  readonly min: string | null;
  readonly max: string | null;
}

/** The number of each group's days, the first and the last of them. */
export function createDateRanges(groupCount: number) {
  const counts = new Int32Array(groupCount);
  const mins = new Int32Array(groupCount);
  const maxs = new Int32Array(groupCount);
  return {
    /** Adds a day, given by its digits: 20240131. */
    add(group: number, digits: number) {
      counts[group] = (counts[group] as number) + 1;
      const min = mins[group] as number;
      if (min === 0 || digits < min) mins[group] = digits;
      if (digits > (maxs[group] as number)) maxs[group] = digits;
    },
    summary: (group: number): DateSummary => ({
      count: counts[group] as number,
      min: textOf(mins[group] as number),
      max: textOf(maxs[group] as number),
    }),
  };
}

export type DateRanges = ReturnType<typeof createDateRanges>;

function textOf(digits: number) {
  if (digits === 0) return null;
  const text = String(digits).padStart(8, "0");
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}

/** So many rows are read between two places where others may have their turn. */
const STRIDE = 1_024;

/** What is to be read of rows. The names are those of the spec. */
export interface SoughtValues {
  readonly spec: GroupSpec;
  readonly keys: readonly GroupedKey[];
  readonly periods: Periods | undefined;
  /** The keys whose different values are counted. */
  readonly distinct: readonly GroupedKey[];
  readonly amounts: readonly string[];
  readonly periodAmounts: readonly string[];
  readonly dates: readonly string[];
  readonly measures: readonly string[];
}

/** The rows of one kind among those that are grouped. */
export interface RowsOfKind {
  readonly kind: Kind;
  readonly rows: Selection<CachedRecord>;
  readonly columnCache: ColumnCache<CachedRecord>;
}

/** All values of rows that are sought, by position: those of a kind follow each other. The tables are by name. */
export type RowValues = ReturnType<typeof prepareValues>["values"];

/** Amounts that differ from period to period, in units of their last decimal. */
export interface PeriodAmountValues {
  readonly values: MeasureValues;
  readonly decimals: number;
}

/** How rows of a kind are read, part by part. */
type Reader = MeasureValues["reader"];

/** Reads rows, in steps: each row at once, so that all of its values are of one version. */
export function* readRows(
  parts: readonly RowsOfKind[],
  sought: SoughtValues,
  context: GroupContext,
): Steps<RowValues> {
  const size = parts.reduce((sum, { rows }) => sum + rows.size, 0);
  const { values, readers } = prepareValues(size, sought, context);
  let offset = 0;
  for (const { kind, rows, columnCache } of parts) {
    const ofKind = readers.map((reader) => reader(kind));
    const columns = new Set(ofKind.flatMap((part) => [...part.columns]));
    const block = new Block(Math.min(STRIDE, rows.size));
    for (let start = 0; start < rows.size; start += block.size) {
      block.moveTo(rows, start, yield* cacheColumns(columnCache, columns, rows));
      for (const { read } of ofKind) read(block, offset + start);
      yield;
    }
    offset += rows.size;
  }
  for (const amounts of values.amounts.values()) amounts.finish();
  return values;
}

/** Makes room for the values of so many rows, and says how they are read. */
function prepareValues(size: number, sought: SoughtValues, context: GroupContext) {
  const { amounts = {}, periodAmounts = {}, dates = {}, measures = {} } = sought.spec;
  const readers: Reader[] = [];
  const alike = (columns: readonly Column[], read: ReadBlock) => readers.push(() => ({ columns, read }));
  const begun = <V extends Pick<MeasureValues, "reader">>(values: V): V => {
    readers.push((kind) => values.reader(kind));
    return values;
  };
  const table = <V>(names: readonly string[], make: (name: string) => V) =>
    new Map(names.map((name) => [name, make(name)]));

  const keys = new Map(
    sought.keys.map((grouped) => [grouped.name, begun(createKeyCodes(grouped, size, context))]),
  );
  const distinct = sought.distinct.map((grouped): [string, KeyCodes] => {
    const isKey = sought.keys.some(({ name, unit }) => name === grouped.name && unit === grouped.unit);
    return [grouped.name, (isKey && keys.get(grouped.name)) || begun(createKeyCodes(grouped, size, context))];
  });
  const values = {
    size,
    keys,
    /** The keys whose different values are counted. */
    distinct: new Map(distinct),
    amounts: table(sought.amounts, (name) => {
      const of = amounts[name];
      const column = (typeof of === "function" ? of(context) : of) as Column;
      const found = new AmountValues(size);
      alike([column], (block, start) => readAmounts(column, block, found, start));
      return found;
    }),
    periodAmounts: table(sought.periodAmounts, (name): PeriodAmountValues => {
      const amount = periodAmounts[name] as PeriodAmount;
      return { values: begun(amount.begin(size, context)), decimals: amount.decimals(context) };
    }),
    /** Days by their digits; 0 for none. */
    dates: table(sought.dates, (name) => {
      const column = dates[name] as Column;
      const digits = new Int32Array(size);
      alike([column], (block, start) => block.copyNumbers(column, digits, start));
      return digits;
    }),
    measures: table(sought.measures, (name) => begun((measures[name] as Measure).begin(size, context))),
    /** The indexes of the first and the last period in which a row counts; undefined without periods. */
    ranges: prepareRanges(size, sought, alike),
  };
  return { values, readers };
}

function prepareRanges(
  size: number,
  { spec: { coverage }, periods }: SoughtValues,
  alike: (columns: readonly Column[], read: ReadBlock) => void,
) {
  if (!periods || !coverage) return undefined;
  const ranges = { first: new Int16Array(size), last: new Int16Array(size).fill(periods.count - 1) };
  if (coverage === "all") return ranges;
  ranges.last.fill(-1);
  const [startDate, endDate] = [coverage.startDate, coverage.endDate];
  alike([startDate, endDate], (block, start) => {
    const starts = block.numbers(startDate).numbers;
    const ends = block.numbers(endDate).numbers;
    for (let index = 0; index < block.size; index++) {
      const first = dayNumberOfDigits(starts[index] as number, Number.NEGATIVE_INFINITY);
      const last = dayNumberOfDigits(ends[index] as number, Number.POSITIVE_INFINITY);
      if (!periods.hasAny(first, last)) continue;
      ranges.first[start + index] = periods.indexOf(first);
      ranges.last[start + index] = periods.indexOf(last);
    }
  });
  return ranges;
}
