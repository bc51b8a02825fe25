import { decimal } from "../../../alma/index.ts";
import { DAY } from "../../../config/index.ts";
import { indexOfPath, type ReportColumn } from "../definition/columns.ts";
import { yearBefore } from "../definition/parse-day.ts";
import { differenceOf } from "../sheet/decimal-sum.ts";
import { type Cell, type SheetRow, UNREADABLE } from "../sheet/table.ts";
import { percentChange } from "./totals.ts";

/**
 * Returns the function that computes derived columns, except cases (`mergeRows`). `earlier`: the rows of the same
 * report a year before.
 */
export function createDerive(
  columns: readonly ReportColumn[],
  variables: Readonly<Record<string, unknown>>,
  earlier: readonly SheetRow[] = [],
): (row: SheetRow) => SheetRow {
  const plans = columns.flatMap(({ derived }, index) => {
    if (!derived || derived.kind === "cases") return [];
    const { kind, of, texts = {} } = derived;
    return [{ index, kind, texts, of: of.map((path) => [path, indexOfPath(columns, path)] as const) }];
  });
  if (plans.length === 0) return (row) => row;
  const byKey = new Map(earlier.map((row) => [keyOf(row, columns), row]));
  const rowBefore = (row: SheetRow) => byKey.get(keyOf(row, columns, yearBefore));
  return (row) => {
    const cells = [...row];
    for (const { index, kind, texts, of } of plans) {
      const from = kind === "yearBefore" ? (rowBefore(row) ?? []) : cells;
      const [one = null, other = null] = of.map(([path, at]) =>
        at < 0 ? ((variables[path.slice(1)] as Cell | undefined) ?? null) : (from[at] ?? null),
      );
      if (kind === "words") cells[index] = texts[String(one)] ?? null;
      else cells[index] = kind === "yearBefore" ? one : combine(kind, one, other);
    }
    return cells;
  };
}

/**
 * Returns rows for the subjects that only `earlier` has, in the periods of `rows`, with empty numbers: without them,
 * totals would compare different subjects. Periods without a row get none.
 */
export function rowsOnlyBefore(
  columns: readonly ReportColumn[],
  rows: readonly SheetRow[],
  earlier: readonly SheetRow[],
): readonly SheetRow[] {
  const keys = new Set(rows.map((row) => keyOf(row, columns, yearBefore)));
  const periods = new Map(rows.map((row) => [periodOf(row, columns, yearBefore), row]));
  const daysOfPeriod = periodColumns(columns);
  return earlier.flatMap((row) => {
    const period = periods.get(periodOf(row, columns));
    if (!period || keys.has(keyOf(row, columns))) return [];
    return [
      columns.map((column, index): Cell => {
        const from = column.type === "text" ? row : daysOfPeriod.includes(column) ? period : [];
        return from[index] ?? null;
      }),
    ];
  });
}

/** Returns the key of a row: its subject, and the days of its period as `move` gives them. */
function keyOf(row: SheetRow, columns: readonly ReportColumn[], move?: (day: string) => string) {
  const texts = row.filter((_, index) => columns[index]?.type === "text");
  return JSON.stringify([periodOf(row, columns, move), ...texts.map(String)]);
}

/** Returns the columns of a row's period: the days that are fields of the same object as the first day. */
function periodColumns(columns: readonly ReportColumn[]) {
  const days = columns.filter(({ type }) => type === "date");
  const parentOf = ({ path }: ReportColumn) => path.slice(0, -1).join(".");
  return days.filter((column) => days[0] && parentOf(column) === parentOf(days[0]));
}

function periodOf(row: SheetRow, columns: readonly ReportColumn[], move = (day: string) => day) {
  const days = periodColumns(columns).map((column) => row[columns.indexOf(column)]);
  return days.map((day) => (typeof day === "string" ? move(day) : "")).join();
}

/** Returns the difference of two numbers or days, or the change from the second in percent; null if one is empty. */
export function combine(kind: "difference" | "change", one: Cell, other: Cell): Cell {
  if (one === UNREADABLE || other === UNREADABLE) return UNREADABLE;
  if (one === null || other === null) return null;
  const [first = "", second = ""] = [one, other].map((cell) =>
    typeof cell === "number" ? decimal.decimalText(cell) : String(cell),
  );
  if (/^\d{4}-/.test(first)) return (Date.parse(first) - Date.parse(second)) / DAY;
  return kind === "difference" ? differenceOf(first, second) : percentChange(first, second);
}
