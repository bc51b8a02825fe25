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
  const byKey = new Map(earlier.map((row) => [keyOf(row, columns, (day) => day), row]));
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

/** Returns the key of a row: its subject, and its first day as `dayOf` gives it. */
function keyOf(row: SheetRow, columns: readonly ReportColumn[], dayOf: (day: string) => string) {
  const day = columns.findIndex(({ type }) => type === "date");
  const texts = row.filter((_, index) => columns[index]?.type === "text");
  const start = row[day];
  return JSON.stringify([typeof start === "string" ? dayOf(start) : null, ...texts.map(String)]);
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
