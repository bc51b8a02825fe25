/** The value of a cell: a number as the text that the file has, a day as its first moment in UTC; null for none. */
export type SheetCell = string | boolean | Date | null;

/** A table that was sent: the names above its columns, and its rows with their numbers in the file, from 1. */
export interface Sheet {
  readonly header: readonly string[];
  readonly rows: readonly { readonly number: number; readonly cells: readonly SheetCell[] }[];
}

/** The forms in which a table is read, by their endings, and the media types that name them. */
export const sheetForms = {
  csv: ["text/csv", "text/plain"],
  xlsx: ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
  ndjson: ["application/x-ndjson"],
  json: ["application/json"],
} as const;

export type SheetForm = keyof typeof sheetForms;

/** A file that is no table. The message is a sentence without a subject: "is no …". */
export class BadSheet extends Error {}
