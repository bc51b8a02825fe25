/** A typed number or day of the file, independent of the locale. */
export interface TypedValue {
  readonly is: "number" | "day";
  /** All digits of a number, with a point; or a day in the graph's form, with the time if there is one. */
  readonly text: string;
  /** The day of a number, if the workbook does not count from 1900. */
  readonly day?: string;
}

/** The value of a cell; null if it is empty. */
export type SheetCell = string | boolean | TypedValue | null;

/** An uploaded table: column titles, and rows with their numbers in the file, from 1. */
export interface Sheet {
  readonly form: SheetForm;
  readonly header: readonly string[];
  readonly rows: readonly { readonly number: number; readonly cells: readonly SheetCell[] }[];
  /** The names of a workbook's other sheets, which are ignored. */
  readonly otherSheets: readonly string[];
}

export type SheetForm = "csv" | "xlsx" | "ndjson" | "json";

/** The readable formats, by media type. */
export const sheetForms: ReadonlyMap<string, SheetForm> = new Map([
  ["text/csv", "csv"],
  ["text/plain", "csv"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
  ["application/x-ndjson", "ndjson"],
  ["application/json", "json"],
]);

/** A file that is not a table. The message is a sentence without its subject: "is not …". */
export class InvalidSheetError extends Error {}

/** The maximum number of columns and cells of a table. */
const MAX_COLUMNS = 500;
const MAX_CELLS = 300_000;

/** Refuses a table with too many columns or cells. `at`: its last cell. */
export function limitSheetSize(columns: number, cells: number, at?: string): void {
  if (columns <= MAX_COLUMNS && cells <= MAX_CELLS) return;
  throw new InvalidSheetError(
    `has more than ${MAX_COLUMNS} columns, or ${MAX_CELLS} cells${at ? `: it reaches to ${at}` : ""}. ` +
      "Delete columns that the import does not read and empty ones at the end, or split it.",
  );
}
