import { DecimalSum } from "../sheet/decimal.ts";
import { Percentage } from "../sheet/percentage.ts";
import { type Cell, type Column, type Row, UNREADABLE } from "../sheet/table.ts";

/** What all rows come to in a column: its sum, or the sum of one column in percent of that of another. */
export type Total = "sum" | { readonly part: Column; readonly whole: Column };

/** A column of a report. */
export interface ReportColumn extends Column {
  /** Undefined if no total is shown. */
  readonly total: Total | undefined;
}

/** Takes rows, and tells what those come to in one column. What is unreadable or empty adds nothing. */
export interface RunningTotal {
  add(row: Row): void;
  reset(): void;
  /** Exact; null if it cannot be told. */
  toText(): string | null;
}

/** Begins to add up a column among those of a table; undefined if it has no total. */
export function beginTotal(column: ReportColumn, columns: readonly ReportColumn[]): RunningTotal | undefined {
  const { total } = column;
  const own = columns.indexOf(column);
  if (total === undefined) return undefined;
  if (total === "sum") {
    const sum = new DecimalSum();
    return {
      add: (row) => sum.add(textOf(row[own])),
      reset: () => sum.reset(),
      toText: () => sum.toString(),
    };
  }
  const indexOf = ({ path }: Column) => columns.findIndex((other) => other.path === path);
  const [part, whole] = [indexOf(total.part), indexOf(total.whole)];
  const percentage = new Percentage();
  return {
    add: (row) => percentage.add(textOf(row[part]), textOf(row[whole]), textOf(row[own])),
    reset: () => percentage.reset(),
    toText: () => percentage.toText(),
  };
}

const textOf = (cell: Cell | undefined): string =>
  cell === undefined || cell === null || cell === UNREADABLE ? "" : String(cell);
