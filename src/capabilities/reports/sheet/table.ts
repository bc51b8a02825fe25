/** The type of a column, derived from the type of its field; a list of values is text. */
export type ColumnType = "text" | "integer" | "number" | "decimal" | "date" | "moment" | "boolean";

/** Returns whether values of a type are numbers. */
export const isNumeric = (type: ColumnType): boolean =>
  type === "integer" || type === "number" || type === "decimal";

/** A column of a table: a leaf of the selection. */
export interface Column {
  /** The response path from a row, without positions in lists. */
  readonly path: readonly string[];
  /** Its title, unique within the table. */
  readonly title: string;
  readonly type: ColumnType;
  /** Whether its texts are enum values, or ids of records. */
  readonly holds?: "code" | "id";
  /** The path of the column with the number of summed values, if there is one. The sum of no values is empty. */
  readonly countPath?: readonly string[];
}

/** Represents an unreadable value. */
export const UNREADABLE = Symbol("unreadable");

/** The text for an unreadable value in every format except Parquet. */
export const UNREADABLE_TEXT = "#N/A";

/** The value of a cell. Days, times and decimals are texts, as in JSON. */
export type Cell = string | number | boolean | null | typeof UNREADABLE;

/** Values in the order of the columns. */
export type SheetRow = readonly Cell[];

/** Rows with column titles, which can be written in any format. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  /** Yields the rows, a few hundred at a time. Each call starts with the first row. */
  batches(): Iterable<readonly SheetRow[]>;
  /** Returns the totals of the columns, once the rows have been read. */
  readonly totals?: () => readonly (ColumnTotal | undefined)[];
  /** Returns facts about the whole table, once its rows have been read. */
  readonly about?: () => readonly AboutLine[];
}

/** The total of rows in a column. */
export interface ColumnTotal {
  /** The total as a decimal. */
  readonly value: string;
  /** The columns whose sums form the percentage or the change; undefined for a sum. */
  readonly percentage?: { readonly part: number; readonly whole: number; readonly isChange?: boolean };
}

/** A fact about a table. It is left out if its value is undefined. */
export interface AboutLine {
  readonly label: string;
  readonly value: string | number | undefined;
  /** The type of a text; by default `text`. */
  readonly type?: ColumnType;
}

/** Options of CSV. Omitted options are true, except the decimal comma. */
export interface SheetOptions {
  readonly hasHeader?: boolean;
  readonly hasByteOrderMark?: boolean;
  readonly hasDecimalComma?: boolean;
  /** Whether a text that looks like a formula gets an apostrophe before it. */
  readonly escapesFormulas?: boolean;
}

/** Parts of a file, in order. After each part, even an empty one, other work may run. */
export type FileParts = Generator<string | Uint8Array, void, void>;
