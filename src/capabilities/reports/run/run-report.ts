import { createDerive, type ReportColumn, rowsByKey } from "../definition/columns.ts";
import { InvalidParameterError, isRef, type Parameter, readParameters } from "../definition/parameter.ts";
import { yearBefore } from "../definition/parse-day.ts";
import type { ListedReport, Report } from "../definition/report.ts";
import { CollectedRows } from "../sheet/collected-rows.ts";
import type { SheetRow } from "../sheet/table.ts";
import type { Address } from "./address.ts";
import { mergeRows } from "./merged-rows.ts";
import {
  type ExecuteForCaller,
  failureOf,
  readTable,
  type TableAnswer,
  tableBatches,
} from "./table-query.ts";

/** The maximum number of names listed in a message. */
const MAX_LISTED = 8;

/** Finds rows of a report of records, by texts that contain all words of `search`. */
type FindRecords = (choices: Report, search: string) => Promise<readonly SheetRow[]>;

/**
 * Replaces names of records with ids. A name matches if it is equal, or if only one record has all of its words.
 * Rejects with an InvalidParameterError for an unknown or ambiguous name.
 */
async function namesToIds(
  { parameters, choices }: ListedReport,
  texts: ReadonlyMap<string, readonly string[]>,
  find: FindRecords,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const replaced = new Map(texts);
  for (const parameter of parameters) {
    const report = choices.get(parameter.name);
    const names = texts.get(parameter.name);
    if (!report || !names) continue;
    const ids: string[] = [];
    for (const text of names) ids.push(await idOf(parameter, report, text.trim(), find));
    replaced.set(parameter.name, ids);
  }
  return replaced;
}

async function idOf(parameter: Parameter, report: Report, text: string, find: FindRecords) {
  if (text === "" || isRef(text)) return text;
  // An ambiguous name is suggested with the id after it.
  const [, written] = /\(([A-Z][A-Za-z]*:\d+)\)$/.exec(text) ?? [];
  if (written !== undefined) return written;
  const rows = await find(report, text);
  const found = rows.map((row) => namedRecord(row, report.columns)).filter((record) => record !== undefined);
  const same = found.filter(({ name }) => comparableName(name) === comparableName(text));
  const fitting = same.length > 0 ? same : found;
  const [only] = fitting;
  if (only && fitting.length === 1) return only.id;
  const listed = fitting
    .slice(0, MAX_LISTED)
    .map(({ id, name }) => ({ value: id, label: `${name} (${id})` }));
  const names = listed.map(({ label }) => label).join(", ");
  const advice = only
    ? `It matches ${fitting.length}: ${names}${fitting.length > MAX_LISTED ? " and others" : ""}. Write one of the ids.`
    : `The report ${report.name} has no such name. Write another one, or an id in Alma.`;
  throw new InvalidParameterError(`is ${JSON.stringify(text)}. ${advice}`, parameter, listed);
}

/** Returns the global id and the name of a record that a parameter may refer to. */
function namedRecord(row: SheetRow, columns: readonly ReportColumn[]) {
  const idIndex = columns.findIndex(({ holds }) => holds === "id");
  const id = row[idIndex];
  if (typeof id !== "string") return undefined;
  const name = row.slice(0, idIndex).filter((cell) => typeof cell === "string" && cell !== "");
  return { id, name: name.join(" ") };
}

/** Returns a name as compared with others: without case and repeated blanks. */
export const comparableName = (name: unknown): string =>
  String(name ?? "")
    .toLowerCase()
    .replace(/\s+/g, " ")
    .trim();

/** A request for a report. */
export interface ReportCall {
  readonly report: Report;
  readonly variables: Readonly<Record<string, unknown>>;
  /** In milliseconds; undefined to use the document and the settings. */
  readonly maxAge?: number;
  /** The day at whose end the data is shown; by default the current data. */
  readonly asOf?: string;
  /** The earlier day to compare with, and its parameters. */
  readonly against?: { readonly asOf: string; readonly variables: ReportCall["variables"] };
  /** Whether an incomplete answer is accepted. */
  readonly acceptsPartial: boolean;
  /** Replaces DEADLINE if longer, in milliseconds. */
  readonly timeout?: number;
}

/**
 * Reads the request for a report from a URL, and its comparison if requested. Relative days count from the day of each.
 * Names of records are looked up in the reports that list them. Rejects with an InvalidParameterError.
 */
export async function readCall(
  execute: ExecuteForCaller,
  report: ListedReport,
  { options, texts }: Address,
  today: string,
  timeout?: number,
): Promise<ReportCall> {
  const { asOf, compare, maxAge, acceptsPartial } = options;
  const ids = await namesToIds(report, texts, async (choices, search) => {
    const call = { report: choices, variables: { search }, asOf, acceptsPartial: false };
    const { batches } = await runReport(execute, { ...call, timeout });
    return [...batches()].flat();
  });
  const variablesOf = (day: string) => readParameters(report.parameters, ids, day);
  return {
    report,
    variables: variablesOf(asOf ?? today),
    maxAge,
    asOf,
    acceptsPartial,
    timeout,
    against: compare === undefined ? undefined : { asOf: compare, variables: variablesOf(compare) },
  };
}

/** The result of a report. */
export type ReportRun = Awaited<ReturnType<typeof runReport>>;

/**
 * Runs a report for the caller of a request: one operation with all of its limits, whose rows are complete. Rejects
 * with an OperationFailure.
 */
export async function runReport(execute: ExecuteForCaller, call: ReportCall) {
  const { report, variables, acceptsPartial } = call;
  const { columns, expand } = report;
  const ask = (asked: ReportCall) => {
    const rows = new CollectedRows(report.rows);
    return readTable(executeCall(execute, asked, rows), rows, acceptsPartial, expand);
  };
  const answer = await ask(call);
  const isCompared = columns.some(({ derived }) => derived?.kind === "yearBefore");
  const earlier = isCompared ? await ask({ ...call, variables: aYearBefore(call) }) : undefined;
  const rowsBefore = earlier && rowsByKey(columns, [...tableBatches(earlier, columns, expand)].flat());
  const derive = createDerive(columns, variables, rowsBefore);
  return {
    answer: earlier ? combineAnswers(answer, earlier) : answer,
    /** All answers that its rows come from. */
    answers: earlier ? [answer, earlier] : [answer],
    columns,
    *batches() {
      const batches = tableBatches(answer, columns, expand);
      const isMerged = report.merge || columns.some(({ derived }) => derived?.kind === "cases");
      if (isMerged) yield mergeRows(report, [...batches].flat(), derive);
      else for (const rows of batches) yield rows.map(derive);
    },
  };
}

/** Returns the variables of a report with all days moved a year back. */
function aYearBefore({ report, variables }: ReportCall) {
  const earlier = { ...variables };
  for (const { name, namedType } of report.parameters) {
    const value = variables[name];
    if (namedType.name === "Date" && typeof value === "string") earlier[name] = yearBefore(value);
  }
  return earlier;
}

/** Combines two answers. */
export function combineAnswers(answer: TableAnswer, other: TableAnswer): TableAnswer {
  // The checks whether a file is unchanged are kept, without rows.
  const [isCurrent, isOtherCurrent] = [answer.isCurrent, other.isCurrent];
  const moments = [answer.oldest, other.oldest].filter((moment) => moment !== null);
  return {
    ...answer,
    unreadable: answer.unreadable + other.unreadable,
    omissions: answer.omissions + other.omissions,
    calls: answer.calls + other.calls,
    oldest: moments.sort()[0] ?? null,
    isCurrent: () => isCurrent() && isOtherCurrent(),
  };
}

/** Performs all checks of a run without reading data. Rejects with an OperationFailure. */
export async function checkReport(execute: ExecuteForCaller, call: ReportCall): Promise<void> {
  const { response } = await executeCall(execute, call, new CollectedRows(), true);
  const failure = failureOf(response);
  if (failure) throw failure;
}

function executeCall(
  execute: ExecuteForCaller,
  { report, variables, maxAge, asOf, timeout }: ReportCall,
  sink: CollectedRows,
  checksOnly = false,
) {
  const { query, operationName, expand } = report;
  return execute(
    { query, operationName, variables },
    {
      chooseRows: () => ({ sink, expand, isWhole: true, maxAge, asOf }),
      isReport: !checksOnly,
      checksOnly,
      timeout,
    },
  );
}
