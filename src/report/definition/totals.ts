import { DecimalSum } from "../sheet/decimal.ts";
import { Percentage } from "../sheet/percentage.ts";
import { type Cell, type Column, type Row, UNREADABLE } from "../sheet/table.ts";

/**
 * What all rows come to in a column: its sum, or the sum of one column in percent of that of another. `isChange`: what
 * it is more than that.
 */
export type Total = "sum" | { readonly part: Column; readonly whole: Column; readonly isChange?: boolean };

/** How a column is worked out of others of its row: paths, or `$` and a variable. */
export interface Derivation {
  /** `change`: what the first is more than the second, in percent of that. */
  readonly kind: "difference" | "change" | "yearBefore";
  readonly of: readonly string[];
}

/** A column of a report. */
export interface ReportColumn extends Column {
  /** Undefined if no total is shown. */
  readonly total?: Total | undefined;
  /** Whether it has amounts of money. */
  readonly isAmount?: boolean | undefined;
  /** Whether pages show it only to who asks for more columns. */
  readonly isMore?: boolean | undefined;
  /** Whether small screens have it before others. */
  readonly isFirst?: boolean | undefined;
  /** How it is worked out; undefined for a column of the query. */
  readonly derived?: Derivation | undefined;
  /** What its values mean, in sentences. */
  readonly means?: string | undefined;
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
  if (total === "sum") return sumAt(own);
  const indexOf = ({ path }: Column) => columns.findIndex((other) => other.path === path);
  const [part, whole] = [indexOf(total.part), indexOf(total.whole)];
  if (total.isChange) return changeAt(part, whole);
  const percentage = new Percentage();
  return {
    add: (row) => percentage.add(textOf(row[part]), textOf(row[whole]), textOf(row[own])),
    reset: () => percentage.reset(),
    toText: () => percentage.toText(),
  };
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
    reset() {
      sum.reset();
      hasNumbers = false;
      hasRows = false;
    },
    toText: () => (hasRows && !hasNumbers ? null : sum.toString()),
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
    reset() {
      sum.reset();
      sumBefore.reset();
    },
    toText: () => changeOf(sum.toText(), sumBefore.toText()),
  };
}

/** What a decimal is more than another. */
export function differenceOf(one: string, other: string): string {
  const difference = new DecimalSum();
  difference.add(one);
  difference.add(other.startsWith("-") ? other.slice(1) : `-${other}`);
  return difference.toString();
}

/** The same in percent of the other; null if that is nothing, less or not known. */
export function changeOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null || other.startsWith("-")) return null;
  const percentage = new Percentage();
  percentage.add(differenceOf(one, other), other, "0.0");
  return percentage.toText();
}

const textOf = (cell: Cell | undefined): string =>
  cell === undefined || cell === null || cell === UNREADABLE ? "" : String(cell);
