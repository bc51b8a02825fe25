import { decimalText } from "../../alma/index.ts";
import type { Slotted, SlotValues } from "../../catalog/index.ts";
import type { Block } from "../scan/block.ts";
import type { Column, Row } from "../scan/column.ts";
import { AmountValues } from "./amount-values.ts";

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
