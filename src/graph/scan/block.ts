import type { ColumnStore, ColumnValues, WithSlot } from "../../catalog/index.ts";
import type { Steps } from "../metering/meter.ts";
import { type Column, foldCase, type ScannedRow } from "./column.ts";

/** Some rows of a list, in the list's order: highest id first. */
export class Selection<R extends ScannedRow> {
  readonly list: readonly R[];
  readonly size: number;
  readonly #indexes: Int32Array | undefined;

  /** `indexes`: the rows' indexes in the list; undefined for all rows. */
  constructor(list: readonly R[], indexes?: Int32Array) {
    this.list = list;
    this.size = indexes?.length ?? list.length;
    this.#indexes = indexes;
  }

  /** Returns the list index of the row at a position. */
  indexAt(position: number): number {
    return this.#indexes === undefined ? position : (this.#indexes[position] as number);
  }

  /** Returns the row at a position. */
  at(position: number): R {
    return this.list[this.indexAt(position)] as R;
  }

  /** Returns the elements of an array, which has one for each row of the list, for the rows from `start` to `end`. */
  valuesOf(array: Int32Array, start: number, end: number): Int32Array {
    if (this.#indexes === undefined) return array.subarray(start, end);
    // A plain loop: `map` of a typed array is several times slower.
    const values = new Int32Array(end - start);
    for (let position = start; position < end; position++)
      values[position - start] = array[this.#indexes[position] as number] as number;
    return values;
  }

  slice(start: number, end: number): R[] {
    const rows: R[] = [];
    for (let position = start; position < end; position++) rows.push(this.at(position));
    return rows;
  }
}

/** Merges selections, highest id first. */
export function mergeSelections<R extends ScannedRow>(selections: readonly Selection<R>[]): Selection<R> {
  const [first = new Selection<R>([]), ...others] = selections;
  return others.reduce(mergeTwo, first);
}

function mergeTwo<R extends ScannedRow>(one: Selection<R>, other: Selection<R>) {
  const rows: R[] = [];
  let next = 0;
  for (let position = 0; position < one.size; position++) {
    const row = one.at(position);
    while (next < other.size && other.at(next).id > row.id) rows.push(other.at(next++));
    rows.push(row);
  }
  while (next < other.size) rows.push(other.at(next++));
  return new Selection(rows);
}

type SlottedRow = ScannedRow & WithSlot;

/** The numbers of a column by slot, 8 bytes each. NaN means no value. */
class CachedNumbers implements ColumnValues<SlottedRow> {
  numbers = new Float64Array(64);
  /** Whether each number has represented only one value so far. */
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
    this.numbers[slot] = value === null || !scale ? NaN : scale.numberOf(value);
    if (this.isExact && value !== null && scale) this.isExact = scale.isExact(value);
  }
}

/** The values of a column by slot: references to texts of the records, 8 bytes each. */
class CachedValues implements ColumnValues<SlottedRow> {
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

/** Cached columns of a list of rows, by slot. Nothing is cached for few rows. */
interface CachedColumns {
  readonly values: ReadonlyMap<Column, ColumnValues<SlottedRow>>;
  /** The slots by the rows' indexes in the list. */
  readonly slots: Int32Array | undefined;
}

/** The column cache of a kind, which is the catalog's table. */
export interface ColumnCache<R extends ScannedRow = ScannedRow> {
  readonly columns: ColumnStore<R & WithSlot>;
  readonly slotCount: number;
}

/** The empty cache, used for few rows. */
export const EMPTY_CACHE: CachedColumns = { values: new Map(), slots: undefined };

/**
 * Caches columns of a kind, in steps, if the list has many of its rows. Filling a column reads all rows of the kind, so
 * a few rows, such as those of one parent, are read one by one instead. Until the next yield, the result includes all
 * changes.
 */
function* cacheColumns<R extends ScannedRow>(
  columnCache: ColumnCache<R> | undefined,
  columns: Iterable<Column>,
  { list }: Selection<R>,
): Steps<CachedColumns> {
  if (!columnCache || list.length * 4 < columnCache.slotCount) return EMPTY_CACHE;
  for (;;) {
    const values = new Map<Column, ColumnValues<SlottedRow>>();
    let isFilling = false;
    for (const column of columns) {
      if (column.key === undefined) continue;
      const create = () => (column.comparison.scale ? new CachedNumbers(column) : new CachedValues(column));
      const cached = columnCache.columns.advance(column.key, create);
      if (cached) values.set(column, cached);
      else isFilling = true;
    }
    if (!isFilling) return { values, slots: columnCache.columns.slotsOf(list as readonly (R & WithSlot)[]) };
    yield;
  }
}

/** The numbers of a column in a block, by position; NaN means no value. They change when the block moves. */
interface BlockNumbers {
  numbers: Float64Array;
  /** Whether equal numbers mean equal values. */
  isExact: boolean;
}

/**
 * Consecutive rows of a selection with the requested columns, from the cache or from the rows. The block moves along
 * the selection and reuses its arrays.
 */
export class Block {
  readonly capacity: number;
  size = 0;
  #rows = new Selection<ScannedRow>([]);
  #start = 0;
  #cached: CachedColumns["values"] | undefined;
  /** Slots by position in the block. */
  #slots: Int32Array | undefined;
  readonly #numbers = new Map<Column, BlockNumbers>();
  readonly #values = new Map<Column, readonly unknown[]>();
  readonly #folded = new Map<Column, readonly (string | null)[]>();
  /** Arrays available for reuse. */
  readonly #spare = new Map<Column, BlockNumbers>();
  readonly #masks: Uint8Array[] = [];
  #masksInUse = 0;

  /** `capacity`: the maximum number of rows it can hold. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Moves the block to the rows from `start`, up to its capacity or the end of the selection. */
  moveTo(rows: Selection<ScannedRow>, start: number, { values, slots }: CachedColumns): void {
    this.#rows = rows;
    this.#start = start;
    this.size = Math.min(this.capacity, rows.size - start);
    this.#cached = values;
    this.#slots = slots && rows.valuesOf(slots, start, start + this.size);
    for (const [column, numbers] of this.#numbers) this.#spare.set(column, numbers);
    this.#numbers.clear();
    this.#values.clear();
    this.#folded.clear();
  }

  row(index: number): ScannedRow {
    return this.#rows.at(this.#start + index);
  }

  /** Returns the numbers of a column whose comparison has a scale. */
  numbers(column: Column): BlockNumbers {
    let found = this.#numbers.get(column);
    if (!found) {
      found = this.#spare.get(column) ?? { numbers: new Float64Array(this.capacity), isExact: true };
      this.#numbers.set(column, found);
      this.#readNumbers(column, found);
    }
    return found;
  }

  #readNumbers(column: Column, result: BlockNumbers) {
    const cached = this.#cached?.get(column);
    const slots = this.#slots;
    result.isExact = true;
    if (slots && cached instanceof CachedNumbers) {
      result.isExact = cached.isExact;
      if (gather(cached.numbers, slots, result.numbers)) return;
    }
    for (let index = 0; index < this.size; index++)
      if (!(slots && cached) || (slots[index] as number) < 0) this.#readNumber(column, index, result);
  }

  #readNumber(column: Column, index: number, result: BlockNumbers) {
    const value = column.read(this.row(index));
    const { scale } = column.comparison;
    result.numbers[index] = value === null || !scale ? NaN : scale.numberOf(value);
    if (value !== null && scale && !scale.isExact(value)) result.isExact = false;
  }

  /** Returns the values of a column, or null for rows without one. */
  values(column: Column): readonly unknown[] {
    let found = this.#values.get(column);
    if (!found) {
      const cached = this.#cached?.get(column);
      const all = cached instanceof CachedValues ? cached.values : undefined;
      const values: unknown[] = [];
      for (let index = 0; index < this.size; index++) {
        const slot = (all && this.#slots?.[index]) ?? -1;
        values.push(all && slot >= 0 ? all[slot] : column.read(this.row(index)));
      }
      this.#values.set(column, values);
      found = values;
    }
    return found;
  }

  /** Returns the folded texts of a column, computed once for all conditions. */
  foldedTexts(column: Column): readonly (string | null)[] {
    let found = this.#folded.get(column);
    if (!found) {
      found = this.values(column).map((value) => (value === null ? null : foldCase(value as string)));
      this.#folded.set(column, found);
    }
    return found;
  }

  /** Takes a mask for these rows, with undefined content. Return masks with `returnMask` in reverse order. */
  takeMask(): Uint8Array {
    const mask = this.#masks[this.#masksInUse];
    if (mask?.length !== this.size) this.#masks[this.#masksInUse] = new Uint8Array(this.size);
    return this.#masks[this.#masksInUse++] as Uint8Array;
  }

  returnMask(): void {
    this.#masksInUse--;
  }
}

/** The number of rows read between two yields. */
const BLOCK_ROWS = 2_048;

/** Moves a block along a selection, in steps. `maxRows`: the rows read between two yields. */
export function* scanBlocks<R extends ScannedRow>(
  rows: Selection<R>,
  columns: Iterable<Column>,
  columnCache: ColumnCache<R> | undefined,
  visit: (block: Block, start: number) => void,
  maxRows = BLOCK_ROWS,
): Steps<void> {
  const block = new Block(Math.min(maxRows, BLOCK_ROWS, rows.size));
  for (let start = 0; start < rows.size; start += block.size) {
    block.moveTo(rows, start, yield* cacheColumns(columnCache, columns, rows));
    visit(block, start);
    yield;
  }
}

/** Gathers the numbers of slots. Returns whether each has one; slot -1 has none. */
function gather(from: Float64Array, slots: Int32Array, to: Float64Array) {
  let hasAll = true;
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index] as number;
    if (slot >= 0) to[index] = from[slot] as number;
    else hasAll = false;
  }
  return hasAll;
}
