import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { PeriodUnit } from "../generated.ts";
import type { Steps } from "../metering/meter.ts";
import type { DayNumber } from "../rent/day.ts";
import type {
  Coverage,
  GroupContext,
  GroupKey,
  GroupSpec,
  KeyValue,
  NumberValues,
  RowReader,
} from "../resolver/connection-spec.ts";
import { type Block, type Selection, scanBlocks } from "../scan/block.ts";
import { type Column, numberOrdering, type Ordering, type ScannedRow } from "../scan/column.ts";
import { type Periods, truncateDay } from "./periods.ts";

/** A key used for grouping. */
export interface GroupedKey {
  /** Its value in the schema's enum. */
  readonly name: string;
  readonly key: GroupKey;
  /** The unit that a day is truncated to; undefined if the key is not a day. */
  readonly unit: PeriodUnit | undefined;
}

/** The code of rows without a value. */
export const NO_VALUE = 0;

/** Creates the codes, whole numbers from 0, of a key's values in rows. */
function createKeyCodes({ key, unit }: GroupedKey, size: number, context: GroupContext) {
  const codes = new Int32Array(size);
  const values: (KeyValue | null)[] = [null];
  const names: (readonly (string | null)[])[] = [];
  /** The object that the key shows for each code, if its value is part of an object. */
  const parts: unknown[] = [null];
  const codeByValue = new Map<KeyValue, number>();
  const readPart = key.part?.read(context);

  function codeOfKey(value: KeyValue | null, row: ScannedRow) {
    if (value === null) return NO_VALUE;
    return codeByValue.get(value) ?? addValue(value, row);
  }

  function addValue(value: KeyValue, row: ScannedRow) {
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
    const column = typeof of === "function" ? of(kind) : of;
    const derived = derive?.(context) as ((value: unknown) => KeyValue | null) | undefined;
    const truncated = (value: unknown) => truncateDay(unit as PeriodUnit, value as string);
    const toKey = derived ?? (unit ? truncated : (value: unknown) => value as KeyValue);
    // For numbers the row, which takes longer to access, is not needed.
    const isNumber = column.comparison === (numberOrdering as Ordering<unknown>);
    const codeOf = (entry: unknown, row: ScannedRow) => {
      const value = isNumber ? (Number.isNaN(entry) ? null : entry) : column.read(row);
      return value === null ? NO_VALUE : codeOfKey(toKey(value), row);
    };
    // Blocks contain numbers if the comparison has a scale, otherwise values. Each is looked up once.
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
    const conditions = flags.map((flag) => flag(context, kind));
    // The conditions that hold determine the key. Each combination is looked up once.
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
    /** The codes by position. */
    codes,
    /** The values by code. */
    values,
    /** The names by code, by which groups of records and parts are ordered. */
    names,
    /** Returns how to read rows of a kind. */
    reader: (kind: Kind): RowReader => (key.flags ? flagReader(kind, key) : columnReader(kind, key)),
    /** Returns the value that the key shows for a code, if it is not a record. */
    shown: (code: number) => (readPart ? parts[code] : values[code]),
  };
}

export type KeyCodes = ReturnType<typeof createKeyCodes>;

/** The number of rows read between two yields. */
const MAX_ROWS = 1_024;

/** The values to read, by names of the spec. */
export interface RequestedValues {
  readonly spec: GroupSpec;
  readonly keys: readonly GroupedKey[];
  readonly periods: Periods | undefined;
  /** The keys whose distinct values are counted. */
  readonly distinct: readonly GroupedKey[];
  readonly numbers: readonly string[];
}

/** The rows of one kind. */
export interface RowsOfKind {
  readonly kind: Kind;
  readonly rows: Selection<CachedRecord>;
}

/** The values of rows by position. Rows of a kind are consecutive. */
export interface RowValues {
  readonly size: number;
  readonly keys: ReadonlyMap<string, KeyCodes>;
  /** The keys whose distinct values are counted. */
  readonly distinct: ReadonlyMap<string, KeyCodes>;
  readonly numbers: ReadonlyMap<string, NumberValues>;
  /** The first and the last period in which rows count; undefined without periods. */
  readonly ranges: PeriodRanges | undefined;
}

/** Creates the reader of rows of a kind. */
type ReaderOf = (kind: Kind) => RowReader;

/** Reads rows, in steps. Each row is read in a single step, so that its values belong to one version. */
export function* readRows(
  parts: readonly RowsOfKind[],
  requested: RequestedValues,
  context: GroupContext,
): Steps<RowValues> {
  const size = parts.reduce((sum, { rows }) => sum + rows.size, 0);
  const { values, readers } = prepareValues(size, requested, context);
  let offset = 0;
  const { tables } = context.filters.catalog.store;
  for (const { kind, rows } of parts) {
    const ofKind = readers.map((reader) => reader(kind));
    const columns = new Set(ofKind.flatMap((part) => [...part.columns]));
    const first = offset;
    const visit = (block: Block, start: number) => {
      for (const { read } of ofKind) read(block, first + start);
    };
    yield* scanBlocks(rows, columns, tables[kind], visit, MAX_ROWS);
    offset += rows.size;
  }
  return values;
}

/** Allocates the values of this many rows, and returns their readers. */
function prepareValues(size: number, requested: RequestedValues, context: GroupContext) {
  const readers: ReaderOf[] = [];
  const begun = <V extends { readonly reader: ReaderOf }>(values: V) => {
    readers.push((kind) => values.reader(kind));
    return values;
  };
  const keys = new Map(
    requested.keys.map((grouped) => [grouped.name, begun(createKeyCodes(grouped, size, context))]),
  );
  const distinct = requested.distinct.map((grouped): [string, KeyCodes] => {
    const isKey = requested.keys.some(({ name, unit }) => name === grouped.name && unit === grouped.unit);
    return [grouped.name, (isKey && keys.get(grouped.name)) || begun(createKeyCodes(grouped, size, context))];
  });
  const numbers = requested.numbers.flatMap((name): [string, NumberValues][] => {
    const found = requested.spec.numbers?.[name]?.begin(size, context);
    return found ? [[name, begun(found)]] : [];
  });
  const ranges = prepareRanges(size, requested);
  if (ranges?.reader) begun({ reader: ranges.reader });
  const values: RowValues = { size, keys, distinct: new Map(distinct), numbers: new Map(numbers), ranges };
  return { values, readers };
}

/** The indexes of the first and the last period in which each row counts. */
interface PeriodRanges {
  readonly first: Int16Array;
  readonly last: Int16Array;
  /** Undefined if all rows count in all periods. */
  readonly reader?: ReaderOf;
}

/** Calls `visit` with the first and the last day of each row of a block; infinite at an open end. */
export function eachRange(
  block: Block,
  { startDate, endDate }: Coverage,
  visit: (index: number, from: DayNumber, to: DayNumber) => void,
): void {
  const dayOr = (day: number, open: number) => (Number.isNaN(day) ? open : day);
  const starts = block.numbers(startDate).numbers;
  const ends = block.numbers(endDate).numbers;
  for (let index = 0; index < block.size; index++)
    visit(index, dayOr(starts[index] as number, -Infinity), dayOr(ends[index] as number, Infinity));
}

function prepareRanges(
  size: number,
  { spec: { coverage }, periods }: RequestedValues,
): PeriodRanges | undefined {
  if (!periods || !coverage) return undefined;
  const first = new Int16Array(size);
  if (coverage === "all") return { first, last: new Int16Array(size).fill(periods.count - 1) };
  const last = new Int16Array(size).fill(-1);
  const read: RowReader["read"] = (block, start) =>
    eachRange(block, coverage, (index, from, to) => {
      if (!periods.hasAny(from, to)) return;
      first[start + index] = periods.indexOf(from);
      last[start + index] = periods.indexOf(to);
    });
  return { first, last, reader: () => ({ columns: [coverage.startDate, coverage.endDate], read }) };
}
