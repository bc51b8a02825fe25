import { DecimalSum, differenceOf, percentageOf, sizeOfDecimal } from "../sheet/decimal.ts";
import { type Cell, type Column, type Row, UNREADABLE } from "../sheet/table.ts";
import { indexOfPath } from "./columns.ts";

/**
 * What all rows come to in a column: its sum, or the sum of one column in percent of that of another. `isChange`: what
 * it is more than that.
 */
export type Total = "sum" | { readonly part: Column; readonly whole: Column; readonly isChange?: boolean };

/** How a column is worked out of others of its row: paths, or `$` and a variable. */
export interface Derivation {
  /** `change`: what the first is more than the second, in percent of that. */
  readonly kind: "difference" | "change" | "yearBefore" | "cases";
  readonly of: readonly string[];
  readonly cases?: readonly Case[];
}

/** A text for rows that meet a condition on one column; without a condition, for all others. */
export interface Case {
  /** Without it, such rows are left out. */
  readonly text?: string;
  readonly empty?: string;
  readonly zero?: string;
  readonly positive?: string;
  /** The column in which merged rows differ. */
  readonly differs?: string;
}

/** A column of a report. */
export interface ReportColumn extends Column {
  /** Undefined if no total is shown. */
  readonly total?: Total;
  /** Whether it has amounts of money. */
  readonly isAmount?: boolean;
  /** Whether pages show it only to who asks for more columns. */
  readonly isMore?: boolean;
  /** Whether small screens have it before others. */
  readonly isFirst?: boolean;
  /** Whether it changes as days go by, although nothing has changed. */
  readonly ages?: boolean;
  /** How it is worked out; undefined for a column of the query. */
  readonly derived?: Derivation;
  /** What its values mean, in sentences. */
  readonly means?: string;
}

/** Takes rows, and tells what those come to in one column. What is unreadable or empty adds nothing. */
export interface RunningTotal {
  add(row: Row): void;
  /** Exact; null if it cannot be told. */
  toText(): string | null;
}

/** Begins to add up all columns of a table. */
export function beginTotals(columns: readonly ReportColumn[]) {
  const totals = columns.map((column) => beginTotal(column, columns));
  return {
    add(row: Row) {
      for (const total of totals) total?.add(row);
    },
    /** Null where a column has no total, or that cannot be told. */
    toTexts: () => totals.map((total) => total?.toText() ?? null),
  };
}

/** Begins to add up a column among those of a table; undefined if it has no total. */
export function beginTotal(column: ReportColumn, columns: readonly ReportColumn[]): RunningTotal | undefined {
  const { total } = column;
  const own = columns.indexOf(column);
  if (total === undefined) return undefined;
  if (total === "sum") return sumAt(own);
  const { part, whole, isChange } = operandsOf(total, columns);
  return isChange ? changeAt(part, whole) : percentageAt(part, whole, own);
}

/** Where the columns are of which a percentage is made. */
export function operandsOf({ part, whole, isChange }: Exclude<Total, "sum">, columns: readonly Column[]) {
  const indexOf = ({ path }: Column) => indexOfPath(columns, path.join("."));
  return { part: indexOf(part), whole: indexOf(whole), isChange };
}

/** The sum of a column. That of rows none of which has a number cannot be told; that of no rows is 0. */
function sumAt(index: number): RunningTotal {
  const sum = new DecimalSum();
  let hasNumbers = false;
  let hasRows = false;
  return {
    add(row) {
      const text = textOf(row[index]);
      hasRows = true;
      if (text === "") return;
      hasNumbers = true;
      sum.add(text);
    },
    toText: () => (hasRows && !hasNumbers ? null : sum.toString()),
  };
}

/**
 * What percentages come to: the sum of one column in percent of that of another, of the rows that have both. It is
 * exact until it is rounded once, to the decimals that the percentages have.
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

/** The change from what a column comes to, to what another does. */
function changeAt(index: number, before: number): RunningTotal {
  const [sum, sumBefore] = [sumAt(index), sumAt(before)];
  return {
    add(row) {
      sum.add(row);
      sumBefore.add(row);
    },
    toText: () => changeOf(sum.toText(), sumBefore.toText()),
  };
}

/** What a decimal is more than another, in percent of the other; null if that is nothing, less or not known. */
export const changeOf = (one: string | null, other: string | null): string | null =>
  one === null || other === null || other.startsWith("-")
    ? null
    : percentageOf(differenceOf(one, other), other, 1);

const textOf = (cell: Cell | undefined) =>
  cell === undefined || cell === null || cell === UNREADABLE ? "" : String(cell);
