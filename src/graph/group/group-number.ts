import { decimal } from "../../alma/index.ts";
import type { ExactInteger, GroupContext, GroupNumber, Sum } from "../resolver/connection-spec.ts";
import { type Column, inOrderOf } from "../scan/column.ts";

/** Creates a column of parsed amounts, which the column cache stores. They are not compared. */
export function parsedAmounts(column: Column<string> | Column<number>): Column<decimal.DecimalUnits> {
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

type AmountColumn = Column<string> | Column<number>;

/** Creates the amounts of a column. A group shows their number, sum, mean, minimum and maximum. */
export function amountOf(of: AmountColumn | ((context: GroupContext) => AmountColumn)): GroupNumber {
  const columnOf = (context: GroupContext) => (typeof of === "function" ? of(context) : of);
  return {
    needs: (context) => ({ requiredFields: columnOf(context).requiredFields, links: [] }),
    begin(size, context) {
      const column = parsedAmounts(columnOf(context));
      const amounts = new Array<decimal.DecimalUnits | null>(size);
      let scale = 0;
      return {
        reader: () => ({
          columns: [column],
          read(block, start) {
            const values = block.values(column) as readonly (decimal.DecimalUnits | null)[];
            for (let index = 0; index < values.length; index++) {
              const amount = values[index] as decimal.DecimalUnits | null;
              amounts[start + index] = amount;
              if (amount !== null && amount.scale > scale) scale = amount.scale;
            }
          },
        }),
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
      const digits = new Int32Array(size);
      return {
        reader: () => ({
          columns: [column],
          read: (block, start) => block.copyNumbers(column, digits, start),
        }),
        at: (position) => digits[position] || null,
      };
    },
    show: ({ count, min, max }) => ({ count, min: dayOfDigits(Number(min)), max: dayOfDigits(Number(max)) }),
  };
}

/** Returns the day of digits such as 20240131; null for none. */
function dayOfDigits(digits: number) {
  if (digits === 0) return null;
  const text = String(digits).padStart(8, "0");
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}

/** Shows a whole number. */
export const toTotal = ({ total }: Sum): number => Number(total);
