import type { SlotColumns, Slotted, SlotValues } from "../../catalog/index.ts";
import type { Steps } from "../metering/meter.ts";
import type { Column, Row } from "./column.ts";
import type { Selection } from "./selection.ts";

type SlottedRow = Row & Slotted;

/** The numbers of a column's values, by slot: 8 bytes each. NaN stands for none. */
export class CachedNumbers implements SlotValues<SlottedRow> {
  numbers = new Float64Array(64);
  /** Whether each number that was ever in the column stood for one value only. */
  isExact = true;
  readonly #column: Column;

  constructor(column: Column) {
    this.#column = column;
  }

  write(row: SlottedRow): void {
    const { slot } = row;
    if (slot >= this.numbers.length) {
      const grown = new Float64Array(Math.max(slot + 1, this.numbers.length * 2));
      grown.set(this.numbers);
      this.numbers = grown;
    }
    const value = this.#column.read(row);
    const scale = this.#column.comparison.scale;
    this.numbers[slot] = value === null || !scale ? Number.NaN : scale.numberOf(value);
    if (this.isExact && value !== null && scale) this.isExact = scale.isExact(value);
  }
}

/** The values of a column, by slot: texts that the records hold anyway, 8 bytes for each reference. */
export class CachedValues implements SlotValues<SlottedRow> {
  readonly values: unknown[] = [];
  readonly #column: Column;

  constructor(column: Column) {
    this.#column = column;
  }

  write(row: SlottedRow): void {
    while (this.values.length < row.slot) this.values.push(null);
    this.values[row.slot] = this.#column.read(row);
  }
}

/** What is cached of a list of rows: values of their kind by slot, and their slots; nothing of rows that are few. */
export interface CachedColumns {
  readonly values: ReadonlyMap<Column, SlotValues<SlottedRow>>;
  /** By the rows' indexes in the list. */
  readonly slots: Int32Array | undefined;
}

/** What is cached of a kind: the catalog's table of it. */
export interface ColumnCache<R extends Row = Row> {
  readonly columns: SlotColumns<R & Slotted>;
  readonly slotCount: number;
}

/** Nothing is cached of rows that are few. */
export const NOTHING_CACHED: CachedColumns = { values: new Map(), slots: undefined };

/**
 * Keeps columns of a kind from now on, in steps, if the list has many of its rows: filling a column looks at all
 * rows of the kind, so a few, such as those below one record, are read one by one. Until the next turn of others, the
 * result has all changes.
 */
export function* cacheColumns<R extends Row>(
  columnCache: ColumnCache<R> | undefined,
  columns: Iterable<Column>,
  { list }: Selection<R>,
): Steps<CachedColumns> {
  if (!columnCache || list.length * 4 < columnCache.slotCount) return NOTHING_CACHED;
  for (;;) {
    const values = new Map<Column, SlotValues<SlottedRow>>();
    let isFilling = false;
    for (const column of columns) {
      if (column.key === undefined) continue;
      const create = () =>
        column.cache?.() ?? (column.comparison.scale ? new CachedNumbers(column) : new CachedValues(column));
      const cached = columnCache.columns.advance(column.key, create);
      if (cached) values.set(column, cached);
      else isFilling = true;
    }
    if (!isFilling) return { values, slots: columnCache.columns.slotsOf(list as readonly (R & Slotted)[]) };
    yield;
  }
}
