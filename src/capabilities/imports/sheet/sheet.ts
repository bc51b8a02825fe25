/** A number or a day that the file has as such, which is why no locale changes it. */
export interface TypedValue {
  readonly is: "number" | "day";
  /** All digits of a number, with a point; a day as the graph writes it, with the time behind it if there is one. */
  readonly text: string;
  /** Of a number: the day that it stands for, where that is not the one which Excel counts from 1900. */
  readonly day?: string;
}

/** The value of a cell; null for none. */
export type SheetCell = string | boolean | TypedValue | null;

/** A table that was sent: the names above its columns, and its rows with their numbers in the file, from 1. */
export interface Sheet {
  readonly form: SheetForm;
  readonly header: readonly string[];
  readonly rows: readonly { readonly number: number; readonly cells: readonly SheetCell[] }[];
  /** The names of a workbook's other sheets, which are not read. */
  readonly otherSheets: readonly string[];
}

export type SheetForm = "csv" | "xlsx" | "ndjson" | "json";

/** The forms in which a table is read, which are endings of files, by the media types that name them. */
export const sheetForms: ReadonlyMap<string, SheetForm> = new Map([
  ["text/csv", "csv"],
  ["text/plain", "csv"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
  ["application/x-ndjson", "ndjson"],
  ["application/json", "json"],
]);

/** A file that is no table. The message is a sentence without a subject: "is no …". */
export class BadSheet extends Error {}

/** Columns of a table, and cells from its first one to its last. */
const MAX_COLUMNS = 500;
const MAX_CELLS = 300_000;

/** Refuses a table of too many columns, or cells. `at`: the cell to which it reaches. */
export function limitSize(columns: number, cells: number, at?: string): void {
  if (columns <= MAX_COLUMNS && cells <= MAX_CELLS) return;
  throw new BadSheet(
    `has more than ${MAX_COLUMNS} columns, or ${MAX_CELLS} cells${at ? `: it reaches to ${at}` : ""}. ` +
      "Delete columns that the import does not read and empty ones at the end, or split it.",
  );
}
