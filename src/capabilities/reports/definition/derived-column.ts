import { differenceOf } from "../sheet/decimal.ts";
import { type Cell, type Column, type Row, UNREADABLE } from "../sheet/table.ts";
import { indexOfPath } from "./columns.ts";
import { yearBefore } from "./day.ts";
import { type Head, ReportFault } from "./head.ts";
import { changeOf, type Derivation, type ReportColumn } from "./totals.ts";

/** Milliseconds. */
const DAY = 86_400_000;

/** What a head says of a column that is worked out; undefined for a column of the query. */
function derivationOf({
  difference,
  change,
  yearBefore,
  cases,
}: Head["columns"][string]): Derivation | undefined {
  if (difference) return { kind: "difference", of: difference };
  if (change) return { kind: "change", of: change };
  if (cases)
    return {
      kind: "cases",
      of: cases.flatMap(({ text, ...conditions }) => Object.values(conditions)),
      cases,
    };
  return yearBefore === undefined ? undefined : { kind: "yearBefore", of: [yearBefore] };
}

/** Adds the columns that a head works out of others, each behind those, and cases before. Throws a ReportFault. */
export function addDerivedColumns(
  heads: Head["columns"],
  selected: readonly Column[],
): readonly ReportColumn[] {
  const columns: ReportColumn[] = [...selected];
  for (const [name, said] of Object.entries(heads)) {
    const derived = derivationOf(said);
    if (!derived) continue;
    if (indexOfPath(columns, name) >= 0)
      throw new ReportFault(`Its column ${name} is to be worked out, and its query has one of that name.`);
    const operands = derived.of.filter((operand) => !operand.startsWith("$"));
    const indexes = operands.map((path) => indexOfPath(columns, path));
    const types = new Set(indexes.map((index) => columns[index]?.type));
    const areDays = derived.kind === "difference" && [...types].every((type) => type === "date");
    const isText = derived.kind === "cases" && !indexes.includes(-1);
    const areNumbers = [...types].every((type) => type === "decimal" || type === "integer");
    if (indexes.length === 0 || !(areDays || areNumbers || isText))
      throw new ReportFault(
        `Its column ${name} is worked out of ${derived.of.join(" and ")}: these have to be columns of numbers, or of days.`,
      );
    const type = isText ? "text" : areDays ? "integer" : "decimal";
    columns.splice(isText ? Math.min(...indexes) : Math.max(...indexes) + 1, 0, {
      path: [name],
      title: name,
      type,
      derived,
    });
  }
  return columns;
}

/**
 * The function that works out what a row lacks; undefined if no column is worked out. `earlier`: the rows of the same
 * report for the days a year before, by their keys.
 */
export function createDerive(
  columns: readonly ReportColumn[],
  variables: Readonly<Record<string, unknown>>,
  earlier: ReadonlyMap<string, Row> | undefined,
): ((row: Row) => Row) | undefined {
  if (columns.every(({ derived }) => derived === undefined)) return undefined;
  const plans = columns.flatMap(({ derived }, index) =>
    derived && derived.kind !== "cases"
      ? [
          {
            index,
            kind: derived.kind,
            of: derived.of.map((path) => [path, indexOfPath(columns, path)] as const),
          },
        ]
      : [],
  );
  const rowBefore = (row: Row) => earlier?.get(keyOf(row, columns, yearBefore));
  return (row) => {
    const cells = [...row];
    for (const { index, kind, of } of plans) {
      const from = kind === "yearBefore" ? (rowBefore(row) ?? []) : cells;
      const [one = null, other = null] = of.map(([path, at]) =>
        at < 0 ? ((variables[path.slice(1)] as Cell | undefined) ?? null) : (from[at] ?? null),
      );
      cells[index] = kind === "yearBefore" ? one : combine(kind, one, other);
    }
    return cells;
  };
}

/** The rows of a report by what they are of, and their first day. */
export const rowsByKey = (columns: readonly ReportColumn[], rows: readonly Row[]): ReadonlyMap<string, Row> =>
  new Map(rows.map((row) => [keyOf(row, columns, (day) => day), row]));

function keyOf(row: Row, columns: readonly ReportColumn[], dayOf: (day: string) => string) {
  const day = columns.findIndex(({ type }) => type === "date");
  const texts = row.filter((_, index) => columns[index]?.type === "text");
  const start = row[day];
  return JSON.stringify([typeof start === "string" ? dayOf(start) : null, ...texts.map(String)]);
}

function combine(kind: "difference" | "change", one: Cell, other: Cell) {
  if (one === UNREADABLE || other === UNREADABLE) return UNREADABLE;
  if (one === null || other === null) return null;
  const [first, second] = [String(one), String(other)];
  if (/^\d{4}-/.test(first)) return (Date.parse(first) - Date.parse(second)) / DAY;
  return kind === "difference" ? differenceOf(first, second) : changeOf(first, second);
}
