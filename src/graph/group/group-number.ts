import { decimal } from "../../alma/index.ts";
import { type DayNumber, dayText } from "../rent/day.ts";
import type { ExactInteger, GroupContext, GroupNumber, RowReader, Sum } from "../resolver/connection-spec.ts";
import { type Column, inOrderOf } from "../scan/column.ts";

/** Prepares to read the values of a column, by position. `note` is called with each value. */
export function collectValues<V>(size: number, column: Column<V>, note: (value: V) => void = () => {}) {
  const values = new Array<V | null>(size);
  const read: RowReader["read"] = (block, start) => {
    for (const [index, one] of block.values(column).entries()) {
      const value = one as V | null;
      values[start + index] = value;
      if (value !== null) note(value);
    }
  };
  return { values, reader: () => ({ columns: [column], read }) };
}

/** Creates a column of parsed amounts, which the column cache stores. They are not compared. */
function parsedAmounts(column: Column<string> | Column<number>): Column<decimal.DecimalUnits> {
  return {
    key: `amount ${column.key}`,
    requiredFields: column.requiredFields,
    comparison: inOrderOf([]),
    read(row) {
      const value = column.read(row);
      return value === null
        ? null
        : decimal.parseShortUnits(typeof value === "number" ? decimal.decimalText(value) : value);
    },
  };
}

/** Creates the amounts of a column. A group shows their number, sum, mean, minimum and maximum. */
export function amountOf(columnOf: (context: GroupContext) => Column<string> | Column<number>): GroupNumber {
  return {
    needs: (context) => ({ requiredFields: columnOf(context).requiredFields, links: [] }),
    begin(size, context) {
      let scale = 0;
      const { values: amounts, reader } = collectValues(size, parsedAmounts(columnOf(context)), (amount) => {
        if (amount.scale > scale) scale = amount.scale;
      });
      return {
        reader,
        get scale() {
          return scale;
        },
        at(position) {
          const amount = amounts[position];
          return amount ? rescale(amount, scale) : null;
        },
      };
    },
    show: toDecimalSummary,
  };
}

/** Converts an amount to units with at least as many decimals. */
function rescale({ units, scale }: decimal.DecimalUnits, targetScale: number): ExactInteger {
  if (scale === targetScale) return units;
  const shifted = Number(units) * 10 ** (targetScale - scale);
  return Number.isSafeInteger(shifted) ? shifted : BigInt(units) * 10n ** BigInt(targetScale - scale);
}

/** The summary of a group's amounts, with schema names. */
export interface DecimalSummary {
  readonly count: number;
  readonly sum: string;
  readonly min: string | null;
  readonly max: string | null;
  avg(scale: number): string | null;
}

/** A sum in digits. */
export const totalText = ({ total, scale }: Sum): string => decimal.formatAmount(BigInt(total), scale);

/** Shows amounts. */
export function toDecimalSummary(sum: Sum): DecimalSummary {
  const { count, total, min, max, scale } = sum;
  return {
    count,
    sum: totalText(sum),
    min: count === 0 ? null : decimal.formatAmount(BigInt(min), scale),
    max: count === 0 ? null : decimal.formatAmount(BigInt(max), scale),
    avg(meanScale) {
      if (count === 0) return null;
      const dividend = BigInt(total) * 10n ** BigInt(meanScale);
      return decimal.formatUnits(
        decimal.divideRounded(dividend, BigInt(count) * 10n ** BigInt(scale)),
        meanScale,
      );
    },
  };
}

/** Creates the days of a column. A group shows their number, the first and the last. */
export function daysOf(column: Column<string>): GroupNumber {
  return {
    needs: () => ({ requiredFields: column.requiredFields, links: [] }),
    begin(size) {
      const days = new Float64Array(size);
      return {
        reader: () => ({
          columns: [column],
          read: (block, start) => days.set(block.numbers(column).numbers.subarray(0, block.size), start),
        }),
        at(position) {
          const day = days[position] as DayNumber;
          return Number.isNaN(day) ? null : day;
        },
      };
    },
    show({ count, min, max }) {
      const textOf = (day: ExactInteger) => (count === 0 ? null : dayText(Number(day)));
      return { count, min: textOf(min), max: textOf(max) };
    },
  };
}

/** Shows a whole number. */
export const toTotal = ({ total }: Sum): number => Number(total);
