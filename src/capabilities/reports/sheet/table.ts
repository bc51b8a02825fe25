/** The type of a column, by the type of its field; a list of values is text. */
export type ColumnType = "text" | "integer" | "number" | "decimal" | "date" | "moment" | "boolean";

/** Whether values are numbers. */
export const isNumeric = (type: ColumnType): boolean =>
  type === "integer" || type === "number" || type === "decimal";

/** A column of a table: a leaf of the selection. */
export interface Column {
  /** The response path from a row, without positions in lists. */
  readonly path: readonly string[];
  /** Its heading, unique within the table. */
  readonly title: string;
  readonly type: ColumnType;
  /** Whether a text is an enum value, or the id of a record. */
  readonly holds?: "code" | "id";
  /** The path of the count column of a sum, if there is one. The sum of none is empty. */
  readonly countPath?: readonly string[];
}

/** Stands for an unreadable value. */
export const UNREADABLE = Symbol("unreadable");

/** How every format but Parquet shows an unreadable value. */
export const UNREADABLE_TEXT = "#N/A";

/** Days, moments and decimals are texts, as in JSON. */
export type Cell = string | number | boolean | null | typeof UNREADABLE;

/** Values in the order of the columns. */
export type Row = readonly Cell[];

/** Rows under titles, which can be written in any format. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  /** Yields the rows, a few hundred at a time. Each call starts at the first. */
  batches(): Iterable<readonly Row[]>;
  /** Returns the totals of the columns, once the rows have been read. */
  readonly totals?: () => readonly (ColumnTotal | undefined)[];
  /** Returns facts about the whole table, once its rows have been read. */
  readonly about?: () => readonly AboutLine[];
}

/** The total of rows in a column. */
export interface ColumnTotal {
  /** A decimal. */
  readonly value: string;
  /** The columns whose sums form the percentage or the change; undefined for a sum. */
  readonly percentage?: { readonly part: number; readonly whole: number; readonly isChange?: boolean };
}

/** A fact about a table. */
export interface AboutLine {
  readonly label: string;
  readonly value: string | number;
  /** The type of a text; by default `text`. */
  readonly type?: ColumnType;
}

/** Options of CSV. Omitted ones are true, except the comma. */
export interface SheetOptions {
  readonly hasHeader?: boolean;
  readonly hasByteOrderMark?: boolean;
  readonly hasDecimalComma?: boolean;
  /** Whether a text that looks like a formula gets an apostrophe before it. */
  readonly escapesFormulas?: boolean;
}

/** Parts of a file, in order. After each, even an empty one, other work may run. */
export type FileParts = Generator<string | Uint8Array, void, void>;
