import { printValue } from "../definition/parameter.ts";
import { beginTotals, operandsOf, type ReportColumn, type Total } from "../definition/totals.ts";
import type { AboutLine, ColumnTotal, Table } from "../sheet/table.ts";
import type { ReportCall, ReportRun } from "./run-report.ts";
import type { TableAnswer } from "./table-query.ts";

/** A moment as people of a time zone write it: `2026-11-25 16:35`. */
const localMoment = (timeZone: string, moment: string) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }).format(
    new Date(moment),
  );

/** The same with the zone: `2026-11-25 16:35 Asia/Dubai`. */
export const momentIn = (timeZone: string, moment: string): string =>
  `${localMoment(timeZone, moment)} ${timeZone}`;

/**
 * The table of a report that was run, which says of itself what it is, what was asked, how old it is and what it lacks.
 * Rows are counted and totals are made while the rows are read.
 */
export function describedTable(
  { answer, columns, batches }: ReportRun,
  { report: { title, description, parameters }, variables, asOf, against }: ReportCall,
  timeZone: string,
): Table {
  const parametersOf = (values: ReportCall["variables"]) =>
    parameters.map(({ title: label, name, namedType }): AboutLine => {
      const type = namedType.name === "Date" ? "date" : "text";
      return { label, value: printValue(values[name]), type };
    });
  const given = parametersOf(variables);
  let totals = beginTotals(columns);
  let count = 0;
  return {
    title,
    columns,
    *batches() {
      count = 0;
      totals = beginTotals(columns);
      for (const rows of batches()) {
        count += rows.length;
        for (const row of rows) totals.add(row);
        yield rows;
      }
    },
    totals: () => totals.toTexts().map((value, index) => totalOf(value, columns[index]?.total, columns)),
    about: () => [
      { label: "Title", value: title },
      ...(description ? [{ label: "Description", value: description }] : []),
      ...given,
      ...dayLine("As known at the end of", asOf),
      ...dayLine("Compared with what was known at the end of", against?.asOf),
      ...(against ? parametersOf(against.variables) : [])
        .filter(({ value }, index) => value !== given[index]?.value)
        .map((line) => ({ ...line, label: `${line.label} before` })),
      ageLine("Data as of", answer.oldest, timeZone),
      ...(answer.oldestBefore === null ? [] : [ageLine("Data before as of", answer.oldestBefore, timeZone)]),
      { label: "Rows", value: count },
      ...describeGaps(answer),
      ...describeMissing(answer),
      ...totals.toTexts().flatMap((value, index): AboutLine[] => {
        const label = `Total of ${columns[index]?.title}`;
        return value === null ? [] : [{ label, value, type: "decimal" }];
      }),
    ],
  };
}

const dayLine = (label: string, value: string | undefined): AboutLine[] =>
  value === undefined ? [] : [{ label, value, type: "date" }];

const ageLine = (label: string, oldest: string | null, timeZone: string): AboutLine =>
  oldest === null
    ? { label, value: "now" }
    : { label: `${label} (${timeZone})`, value: localMoment(timeZone, oldest), type: "moment" };

function totalOf(
  value: string | null,
  total: Total | undefined,
  columns: readonly ReportColumn[],
): ColumnTotal | undefined {
  if (value === null) return undefined;
  return typeof total === "object" ? { value, percentage: operandsOf(total, columns) } : { value };
}

function describeGaps({ unreadable, omissions }: TableAnswer): AboutLine[] {
  if (unreadable + omissions === 0) return [{ label: "Complete", value: "yes" }];
  return [
    { label: "Complete", value: "no: some of Alma's data could not be read" },
    { label: "Unreadable values (#N/A)", value: unreadable },
    { label: "Lists that may lack records", value: omissions },
  ];
}

function describeMissing({ missingSettings, missingScopes }: TableAnswer): AboutLine[] {
  return [
    { label: "Values left empty until the operator sets", value: missingSettings.join(", ") },
    {
      label: "Values left empty since the key lacks the scope",
      value: missingScopes.join(", ").toLowerCase(),
    },
  ].filter(({ value }) => value !== "");
}
