import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { type GraphQLInputType, getNamedType } from "graphql";
import { decimal } from "../../../alma/index.ts";
import {
  type Cell,
  type Column,
  columnTypeOf,
  contentDisposition,
  formats,
  isFileExtension,
  OperationFailure,
  printValue,
  type Table,
  valueAt,
} from "../../reports/api.ts";
import type { Import, ImportColumn } from "../import.ts";
import {
  describeOmitted,
  type ImportJobRow,
  type ImportJobs,
  type Job,
  type OmittedParts,
} from "./import-job.ts";
import { outcomeTitles } from "./import-rows.ts";

/** A row's request, and its outcome. */
export interface RowOutcome {
  readonly row: ImportJobRow;
  /** In the order of the import's columns. */
  readonly cells: readonly string[];
  /** The name by which people know its record; empty if unknown. */
  readonly label: string;
  readonly state: string;
  /** `12000 → 12500` by column title; undefined if a column shows no value, or the row has none. */
  readonly changes: readonly string[];
  /** Whether the record already has the requested values. */
  readonly isSame: boolean;
  readonly fault: string;
  /** Whether a number changes by more than a factor of ten. */
  readonly isGreat: boolean;
}

/** The states of rows in words; those that need attention come first. */
const words = { FAILED: "not done", UNKNOWN: "unknown", LEFT: "to come", DONE: "done" };
const order = Object.keys(words);

/**
 * Returns the outcomes of a job's rows, those that need attention first. A run contains only the rows that its preview
 * found writable; the others are added from the preview.
 */
export function outcomesOf(
  definition: Import,
  { isDryRun }: Job,
  rows: readonly ImportJobRow[],
  earlier?: { readonly job: Job; readonly rows: readonly ImportJobRow[] },
): readonly RowOutcome[] {
  const { columns, titles, names, tells } = definition;
  const before = earlier ? outcomesOf(definition, earlier.job, earlier.rows) : [];
  const unchanged = new Set(before.flatMap(({ row, isSame }) => (isSame ? row.number : [])));
  const outcomes = rows.map((row): RowOutcome => {
    const isShown = isDryRun && row.state === "DONE";
    const compared = columns
      .filter(({ shows, variable }) => isShown && shows && row.variables[variable] !== undefined)
      .map((column) => compare(column, row));
    const changes = compared.flatMap(({ change }) => change);
    // The run has checked it again.
    const isSame =
      (compared.length > 0 && changes.length === 0) || (row.state === "DONE" && unchanged.has(row.number));
    return {
      row,
      label: names.flatMap(({ shows }) => printValue(shownAt(shows, row)) || []).join(", "),
      cells: columns.map(({ variable, type }) => print(row.variables[variable], type)),
      changes: [...changes, ...shownParts(tells, row)],
      isSame,
      state: isSame ? "unchanged" : isShown ? "can be done" : words[row.state],
      fault: faultOf(titles, row),
      isGreat: compared.some(({ isGreat }) => isGreat),
    };
  });
  const sent = new Set(rows.map(({ number }) => number));
  const notSent = before
    .filter(({ row }) => !sent.has(row.number))
    .map((one) => ({ ...one, state: "not sent" }));
  return [...outcomes, ...notSent].toSorted(
    (one, other) =>
      Number(other.isGreat) - Number(one.isGreat) ||
      order.indexOf(one.row.state) - order.indexOf(other.row.state),
  );
}

/** Describes an error of a row, with its column. */
function faultOf(titles: Import["titles"], { userErrors, error }: ImportJobRow) {
  const faults = userErrors.map(({ message, field }) => {
    const title = titles.get(field?.join(".") ?? "");
    return title === undefined ? message : `${title}: ${message}`;
  });
  return [...faults, ...(error ? [error.message] : [])].join(" ");
}

/** Returns the value at a path of a row's payload, or null. */
const shownAt = (path: readonly string[] = [], { payload }: ImportJobRow) => valueAt(payload, path) ?? null;

/** Formats additional information from a row's payload: `Contracts: 4711, 4712`. */
const shownParts = (tells: Import["tells"], { state, payload }: ImportJobRow) =>
  Object.entries(state === "DONE" ? tells : {}).flatMap(([title, path]) => {
    const texts = valuesAt(path.split("."), payload).map((value) => printValue(value) || "–");
    return texts.length > 0 ? [`${title}: ${texts.join(", ")}`] : [];
  });

/** Returns the values at a path, also in lists. */
function valuesAt([key, ...rest]: readonly string[], of: unknown): unknown[] {
  if (Array.isArray(of)) return of.flatMap((one) => valuesAt(key === undefined ? [] : [key, ...rest], one));
  if (of === null || of === undefined) return [];
  return key === undefined ? [of] : valuesAt(rest, (of as Readonly<Record<string, unknown>>)[key]);
}

/** Returns the value that the preview showed at a path, also in lists; null if unknown. */
function seenAt(path: string, { payload }: ImportJobRow): unknown {
  const keys = path.split(".");
  return valueAt(payload, keys.slice(0, -1)) == null ? null : valuesAt(keys, payload);
}

/** Prints a value as the graph does. */
function print(value: unknown, type: GraphQLInputType) {
  const text = printValue(value);
  return getNamedType(type).name === "Decimal" && decimal.isDecimal(text) ? decimal.amountText(text) : text;
}

/** Returns a value as a cell of its column; null if there is none. */
function cellOf(value: unknown, type: GraphQLInputType): Cell {
  if (typeof value === "number" || typeof value === "boolean") return value;
  return print(value, type) || null;
}

/** Returns whether two numbers differ by more than a factor of ten. False if one is 0. */
function areFarApart(before: string, after: string) {
  if (!decimal.isDecimal(before) || !decimal.isDecimal(after)) return false;
  const [one, other] = [Math.abs(Number(before)), Math.abs(Number(after))];
  return one > 0 && (other > one * 10 || other * 10 < one);
}

/** Compares the value of a record with the requested one. */
function compare({ title, shows, type, variable }: ImportColumn, row: ImportJobRow) {
  const [before = "", after = ""] = [shownAt(shows, row), row.variables[variable]].map((value) =>
    print(value, type),
  );
  const isGreat = areFarApart(before, after);
  const note = isGreat ? ", which is more than ten times different" : "";
  return { isGreat, change: before === after ? [] : [`${title}: ${before || "none"} → ${after}${note}`] };
}

const textColumn = (title: string): Column => ({ path: [title], title, type: "text" });

/** Sends the outcomes of rows as a file, which can be corrected and uploaded again. */
export function sendOutcomes(
  reply: FastifyReply,
  definition: Import,
  job: Job,
  outcomes: readonly RowOutcome[],
  omittedParts: OmittedParts,
  ending: string,
) {
  const { name, title, columns } = definition;
  const form = job.isDryRun ? "preview" : "result";
  const omitted = describeOmitted(definition, omittedParts);
  const table: Table = {
    title: `${title}, ${form}`,
    columns: [
      ...columns.map((column) => ({
        ...textColumn(column.title),
        type: columnTypeOf(getNamedType(column.type).name),
      })),
      ...outcomeTitles.map(textColumn),
    ],
    batches: () => [
      outcomes.map(({ row, label, state, changes, fault }) => [
        ...columns.map(({ variable, type }) => cellOf(row.variables[variable], type)),
        row.number,
        state,
        changes.join("; "),
        fault,
        label,
      ]),
    ],
    about: () => [
      { label: "Started", value: job.startedAt, type: "moment" },
      ...(["total", "done", "failed", "unknown", "left"] as const).map((name) => ({
        label: name,
        value: job[name],
      })),
      { label: "left out", value: omitted || undefined },
    ],
  };
  return sendFile(reply, ending, table, `${name}-${form}`);
}

/** Returns a table with titles only, since an example row would be imported too. */
export function templateOf({ title, columns: [key, ...others], names }: Import): Table {
  const titles = [key, ...names, ...others].flatMap((column) => column?.title ?? []);
  return { title, columns: titles.map(textColumn), batches: () => [] };
}

/** Sends a table as a file. Throws an OperationFailure for an unknown extension. */
export function sendFile(reply: FastifyReply, ending: string, table: Table, name: string) {
  if (!isFileExtension(ending))
    throw new OperationFailure(
      404,
      "NOT_FOUND",
      `There is no ${ending}. Formats: ${Object.keys(formats).join(", ")}.`,
    );
  const { mediaType, write } = formats[ending];
  reply.header("content-disposition", contentDisposition(name, table.title, ending));
  return reply
    .header("cache-control", "no-store")
    .type(mediaType)
    .send(Readable.from(filled(write(table)), { objectMode: false }));
}

function* filled(parts: Iterable<string | Uint8Array>) {
  for (const part of parts) if (part.length > 0) yield part;
}

/**
 * Writes the rows that a preview found writable, and checks unchanged rows again. Each row gets the values of the
 * preview. Repeating the same preview writes nothing twice. Rejects with an OperationFailure for an unfinished preview.
 */
export async function runImport(
  jobs: ImportJobs,
  definition: Import,
  preview: Job,
  previewedRows: readonly ImportJobRow[],
): Promise<string> {
  if (!preview.isDryRun || preview.state !== "OVER")
    throw new OperationFailure(
      400,
      "BAD_USER_INPUT",
      preview.isDryRun
        ? `The preview ${preview.id} has not finished: ${preview.left} of ${preview.total} rows are left. Nothing was written. Run it when it is over.`
        : `The job ${preview.id} is no preview, so there is nothing to run. Nothing was written. Send the table again.`,
    );
  const rows = outcomesOf(definition, preview, previewedRows).flatMap(({ row }) => {
    if (row.state !== "DONE") return [];
    const shown = definition.columns.flatMap((column) =>
      column.was !== undefined && row.variables[column.variable] !== undefined
        ? [[column.was, shownAt(column.shows, row)]]
        : [],
    );
    const seen = Object.entries(definition.seen).map(([variable, path]) => [variable, seenAt(path, row)]);
    return [
      { number: row.number, variables: { ...row.variables, ...Object.fromEntries([...shown, ...seen]) } },
    ];
  });
  rows.sort((one, other) => one.number - other.number);
  const { id } = await jobs.start(rows, false, `import ${preview.id}`);
  return id;
}
