import type { ReportColumn } from "../definition/columns.ts";
import { InvalidParameterError, isRef, type Parameter, readParameters } from "../definition/parameter.ts";
import type { ListedReport, Report } from "../definition/report.ts";
import type { SheetRow } from "../sheet/table.ts";
import type { Address } from "./address.ts";
import { type ReportCall, runReport } from "./run-report.ts";
import type { ExecuteForCaller } from "./table-answer.ts";

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
