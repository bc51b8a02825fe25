import type { Slotted, SlotValues } from "../../catalog/index.ts";
import { type CachedColumns, CachedNumbers, CachedValues } from "./cached-column.ts";
import { type Column, fold, type Row } from "./column.ts";
import { Selection } from "./selection.ts";

/** The numbers of a column in a block, by position; NaN stands for none. They change when the block moves. */
interface BlockNumbers {
  numbers: Float64Array;
  /** Whether rows with equal numbers have equal values. */
  isExact: boolean;
}

/**
 * Some consecutive rows of a selection, with their values of the columns that are asked for: from cached columns, or
 * else from the rows. It is moved along the selection, and its arrays are used again.
 */
export class Block {
  readonly capacity: number;
  size = 0;
  #rows = new Selection<Row>([]);
  #start = 0;
  #cached: CachedColumns["values"] | undefined;
  /** By position in the block. */
  #slots: Int32Array | undefined;
  readonly #numbers = new Map<Column, BlockNumbers>();
  readonly #values = new Map<Column, readonly unknown[]>();
  readonly #folded = new Map<Column, readonly (string | null)[]>();
  /** Numbers of the last position, to be used again. */
  readonly #spare = new Map<Column, BlockNumbers>();
  readonly #masks: Uint8Array[] = [];
  #masksInUse = 0;

  /** `capacity`: the most rows that it can have. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Moves the block to the rows from `start` on: up to its capacity, or to the end of the selection. */
  moveTo(rows: Selection<Row>, start: number, { values, slots }: CachedColumns): void {
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

  /** The row at a position in the block. */
  row(index: number): Row {
    return this.#rows.at(this.#start + index);
  }

  /** The place of the row at a position in what is cached of a column; -1 if it has none there. */
  cachedSlot(index: number): number {
    return this.#slots?.[index] ?? -1;
  }

  /** What is cached of a column; undefined if nothing is. */
  cached(column: Column): SlotValues<Row & Slotted> | undefined {
    return this.#slots && this.#cached?.get(column);
  }

  /** The numbers of a column whose comparison has a scale. */
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
    result.numbers[index] = value === null || !scale ? Number.NaN : scale.numberOf(value);
    if (value !== null && scale && !scale.isExact(value)) result.isExact = false;
  }

  /** Copies the numbers of a column to an array, from `start` on. In one of whole numbers, NaN becomes 0. */
  copyNumbers(column: Column, to: Float64Array | Int32Array | Uint8Array, start: number): void {
    to.set(this.numbers(column).numbers.subarray(0, this.size), start);
  }

  /** The values of a column; null for rows that have none. */
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

  /** The values of a column of texts, folded: once for all conditions that test them. */
  foldedTexts(column: Column): readonly (string | null)[] {
    let found = this.#folded.get(column);
    if (!found) {
      found = this.values(column).map((value) => (value === null ? null : fold(value as string)));
      this.#folded.set(column, found);
    }
    return found;
  }

  /** Takes a mask for these rows, which `returnMask` gives back, the last one first. What is in it is not defined. */
  takeMask(): Uint8Array {
    const mask = this.#masks[this.#masksInUse];
    if (mask?.length !== this.size) this.#masks[this.#masksInUse] = new Uint8Array(this.size);
    return this.#masks[this.#masksInUse++] as Uint8Array;
  }

  returnMask(): void {
    this.#masksInUse--;
  }
}

/** Takes the numbers of slots. Returns whether each has one: -1 is the slot of none. */
function gather(from: Float64Array, slots: Int32Array, to: Float64Array) {
  let hasAll = true;
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index] as number;
    if (slot >= 0) to[index] = from[slot] as number;
    else hasAll = false;
  }
  return hasAll;
}
