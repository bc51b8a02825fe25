/** The value of a cell: a number as the text that the file has, a day as its first moment in UTC; null for none. */
export type SheetCell = string | boolean | Date | null;

/** A table that was sent: the names above its columns, and its rows with their numbers in the file, from 1. */
export interface Sheet {
  readonly header: readonly string[];
  readonly rows: readonly { readonly number: number; readonly cells: readonly SheetCell[] }[];
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
