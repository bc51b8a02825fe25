import { indexOfPath, type ReportColumn, type Total } from "../definition/columns.ts";
import { DecimalSum, differenceOf, percentageOf, sizeOfDecimal } from "../sheet/decimal-sum.ts";
import { type Cell, type Column, type SheetRow, UNREADABLE } from "../sheet/table.ts";

/** Takes rows, and returns the total of one column. Unreadable and empty cells are ignored. */
export interface RunningTotal {
  add(row: SheetRow): void;
  /** Exact; null if unknown. */
  toText(): string | null;
}

/** Starts the totals of all columns of a table. */
export function beginTotals(columns: readonly ReportColumn[]) {
  const totals = columns.map((column) => beginTotal(column, columns));
  return {
    add(row: SheetRow) {
      for (const total of totals) total?.add(row);
    },
    /** Null for a column without a total, or with an unknown one. */
    toTexts: () => totals.map((total) => total?.toText() ?? null),
  };
}

/** Starts the total of a column; undefined if it has none. */
export function beginTotal(column: ReportColumn, columns: readonly ReportColumn[]): RunningTotal | undefined {
  const { total } = column;
  const own = columns.indexOf(column);
  if (total === undefined) return undefined;
  if (total === "sum") return sumAt(own);
  const { part, whole, isChange } = operandsOf(total, columns);
  return isChange ? changeAt(part, whole) : percentageAt(part, whole, own);
}

/** Returns the indexes of the columns that a percentage is computed from. */
export function operandsOf({ part, whole, isChange }: Exclude<Total, "sum">, columns: readonly Column[]) {
  return { part: indexOfPath(columns, part), whole: indexOfPath(columns, whole), isChange };
}

/** Sums a column; unknown if no row has a number, 0 if there are no rows. */
function sumAt(index: number): RunningTotal {
  const sum = new DecimalSum();
  let [hasNumbers, hasRows] = [false, false];
  return {
    add(row) {
      const text = textOf(row[index]);
      hasRows = true;
      hasNumbers ||= text !== "";
      sum.add(text);
    },
    toText: () => (hasRows && !hasNumbers ? null : sum.toString()),
  };
}

/**
 * Computes the total of percentages: the sum of one column in percent of another's, over the rows that have both. Exact
 * until it is rounded once, to the decimals of the percentages.
 */
function percentageAt(part: number, whole: number, own: number): RunningTotal {
  const [sum, sumOfWhole] = [new DecimalSum(), new DecimalSum()];
  let decimals = 0;
  return {
    add(row) {
      const [one, other] = [textOf(row[part]), textOf(row[whole])];
      if (!sizeOfDecimal(one) || !sizeOfDecimal(other)) return;
      sum.add(one);
      sumOfWhole.add(other);
      decimals = Math.max(decimals, sizeOfDecimal(textOf(row[own]))?.scale ?? 0);
    },
    toText: () => percentageOf(sum.toString(), sumOfWhole.toString(), decimals),
  };
}

/** Computes the change from the total of one column to that of another. */
function changeAt(index: number, before: number): RunningTotal {
  const [sum, sumBefore] = [sumAt(index), sumAt(before)];
  return {
    add(row) {
      sum.add(row);
      sumBefore.add(row);
    },
    toText: () => percentChange(sum.toText(), sumBefore.toText()),
  };
}

/**
 * Returns the change from a decimal to another, in percent; null if the base is zero, negative or unknown.
 */
export const percentChange = (one: string | null, other: string | null): string | null =>
  one === null || other === null || other.startsWith("-")
    ? null
    : percentageOf(differenceOf(one, other), other, 1);

const textOf = (cell: Cell | undefined) =>
  cell === undefined || cell === null || cell === UNREADABLE ? "" : String(cell);
