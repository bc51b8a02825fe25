import { type DecimalUnits, decimalText, parseShortUnits } from "../../alma/index.ts";
import type { Slotted, SlotValues } from "../../catalog/index.ts";
import type { Block } from "../scan/block.ts";
import type { Column, Row } from "../scan/column.ts";

const MIN_LENGTH = 64;

/** The amounts of a column by slot: 10 bytes each. */
class CachedAmounts implements SlotValues<Row & Slotted> {
  readonly amounts = new AmountValues(MIN_LENGTH);
  readonly #column: Column;

  constructor(column: Column) {
    this.#column = column;
  }

  write(row: Row & Slotted): void {
    this.amounts.set(row.slot, textOf(this.#column, row));
  }
}

/** A column of amounts, of which the digits are cached. */
export function amountColumn(column: Column<string> | Column<number>): Column {
  return { ...column, key: `amount ${column.key}`, cache: () => new CachedAmounts(column) };
}

/** Reads the amounts of a block, the first of which is at a position in the selection. */
export function readAmounts(column: Column, block: Block, amounts: AmountValues, start: number): void {
  const cached = block.cached(column);
  for (let index = 0; index < block.size; index++) {
    const slot = cached instanceof CachedAmounts ? block.cachedSlot(index) : -1;
    if (cached instanceof CachedAmounts && slot >= 0) amounts.copy(start + index, cached.amounts, slot);
    else amounts.set(start + index, textOf(column, block.row(index)));
  }
}

/** The digits of an amount; null if there is none. */
function textOf(column: Column, row: Row) {
  const value = column.read(row) as string | number | null;
  return typeof value === "number" ? decimalText(value) : value;
}

/** Stands for no value among the decimals of amounts. */
const NONE = 0xffff;

const isSafe = (units: number) => units <= Number.MAX_SAFE_INTEGER && units >= -Number.MAX_SAFE_INTEGER;

/**
 * Amounts by position, exact. Each is a whole number of units of the last decimal that any of them has: a double where
 * that is safe, otherwise a bigint.
 */
export class AmountValues {
  /** By position. NaN stands for what is no safe double. */
  units: Float64Array;
  /** By position: those that are no safe doubles. */
  readonly large = new Map<number, bigint>();
  /** By position: how many decimals the amount has itself. */
  decimals: Uint16Array;
  /** How many decimals a unit has. */
  scale = 0;

  constructor(size: number) {
    this.units = new Float64Array(size).fill(Number.NaN);
    this.decimals = new Uint16Array(size).fill(NONE);
  }

  /** Makes room for a position. */
  #reserve(position: number) {
    const { length } = this.units;
    if (position < length) return;
    const { units, decimals } = new AmountValues(Math.max(position + 1, length * 2));
    units.set(this.units);
    decimals.set(this.decimals);
    this.units = units;
    this.decimals = decimals;
  }

  /** Sets an amount as others have it at a position of theirs. */
  copy(position: number, from: AmountValues, index: number): void {
    const decimals = from.decimals[index] as number;
    this.units[position] = from.units[index] as number;
    this.decimals[position] = decimals;
    if (decimals === NONE) return;
    if (decimals > this.scale) this.scale = decimals;
    const large = from.large.get(index);
    if (large !== undefined) this.large.set(position, large);
  }

  has(position: number): boolean {
    return this.decimals[position] !== NONE;
  }

  /** An amount by itself, before `finish`; null if there is none. */
  at(position: number): DecimalUnits | null {
    const scale = this.decimals[position] as number;
    if (scale === NONE) return null;
    return { units: this.large.get(position) ?? (this.units[position] as number), scale };
  }

  /** Sets an amount, in digits, or null. `finish` follows the last one. */
  set(position: number, text: string | null): void {
    this.#reserve(position);
    this.large.delete(position);
    this.units[position] = Number.NaN;
    this.decimals[position] = NONE;
    if (text === null) return;
    const { units, scale } = parseShortUnits(text);
    this.decimals[position] = scale;
    if (scale > this.scale) this.scale = scale;
    if (typeof units === "number") this.units[position] = units;
    else this.#setLarge(position, units);
  }

  #setLarge(position: number, units: bigint) {
    const double = Number(units);
    if (isSafe(double)) this.units[position] = double;
    else this.large.set(position, units);
  }

  /** Brings all amounts from some position on to the common scale. */
  finish(): void {
    for (let position = 0; position < this.decimals.length; position++) {
      const decimals = this.decimals[position] as number;
      if (decimals === NONE || decimals === this.scale) continue;
      const shift = this.scale - decimals;
      const units = this.units[position] as number;
      const shifted = units * 10 ** shift;
      if (isSafe(shifted)) {
        this.units[position] = shifted;
        continue;
      }
      const exact = this.large.get(position) ?? BigInt(units);
      this.units[position] = Number.NaN;
      this.large.set(position, exact * 10n ** BigInt(shift));
    }
  }
}
