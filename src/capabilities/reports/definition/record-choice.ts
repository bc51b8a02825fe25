import type { Row } from "../sheet/table.ts";
import { BadParameter, isRef, type Parameter } from "./parameter.ts";
import type { Report } from "./report.ts";
import type { ReportColumn } from "./totals.ts";

/** Names that a message lists. */
const MAX_LISTED = 8;

/** The rows of a report of records whose texts have all words of `search`. */
export type FindRecords = (choices: Report, search: string) => Promise<readonly Row[]>;

/**
 * Puts the ids of records in place of their names. A name fits if it is the only one that has all of its words, or that
 * is the same. Rejects with a BadParameter for a name that fits no record, or several.
 */
export async function namesToIds(
  { parameters, choices }: Pick<Report, "parameters" | "choices">,
  texts: ReadonlyMap<string, readonly string[]>,
  find: FindRecords,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const replaced = new Map(texts);
  for (const parameter of parameters) {
    const report = choices.get(parameter.name);
    const said = texts.get(parameter.name);
    if (!report || !said) continue;
    const ids: string[] = [];
    for (const text of said) ids.push(await idOf(parameter, report, text.trim(), find));
    replaced.set(parameter.name, ids);
  }
  return replaced;
}

async function idOf(parameter: Parameter, report: Report, text: string, find: FindRecords): Promise<string> {
  if (text === "" || isRef(text)) return text;
  // A name that several records have is offered with the id behind it.
  const [, written] = /\(([A-Z][A-Za-z]*:\d+)\)$/.exec(text) ?? [];
  if (written !== undefined) return written;
  const rows = await find(report, text);
  const found = rows.map((row) => namedRecord(row, report.columns)).filter((record) => record !== undefined);
  const same = found.filter(({ name }) => comparable(name) === comparable(text));
  const fitting = same.length > 0 ? same : found;
  const [only] = fitting;
  if (only && fitting.length === 1) return only.id;
  const listed = fitting
    .slice(0, MAX_LISTED)
    .map(({ id, name }) => ({ value: id, label: `${name} (${id})` }));
  const names = listed.map(({ label }) => label).join(", ");
  const advice = only
    ? `That fits ${fitting.length}: ${names}${fitting.length > MAX_LISTED ? " and others" : ""}. Write one of the ids.`
    : `The report ${report.name} has no such name. Write another one, or an id in Alma.`;
  throw new BadParameter(`is ${JSON.stringify(text)}. ${advice}`, parameter, listed);
}

/** The global id of a record that a parameter may be, and what people call it: the name stands before the id. */
function namedRecord(row: Row, columns: readonly ReportColumn[]) {
  const idIndex = columns.findIndex(({ holds }) => holds === "id");
  const id = row[idIndex];
  if (typeof id !== "string") return undefined;
  const name = row.slice(0, idIndex).filter((cell) => typeof cell === "string" && cell !== "");
  return { id, name: name.join(" ") };
}

const comparable = (name: string) => name.toLowerCase().replace(/\s+/g, " ").trim();
