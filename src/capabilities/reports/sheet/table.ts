/** What the values of a column are, by the type of its field; a list of values is text. */
export type ColumnType = "text" | "integer" | "number" | "decimal" | "date" | "moment" | "boolean";

/** Whether values are numbers. */
export const isNumeric = (type: ColumnType): boolean =>
  type === "integer" || type === "number" || type === "decimal";

/** A column of a table: a leaf of the selection. */
export interface Column {
  /** The response path from a row, without positions in lists. */
  readonly path: readonly string[];
  /** What stands above it; no two columns of a table have the same. */
  readonly title: string;
  readonly type: ColumnType;
  /** Of a text: whether it is a value of an enum, or the id of a record. */
  readonly holds?: "code" | "id";
  /** Of a sum: the path of how many values it adds up, where that is a column too. The sum of none is empty. */
  readonly countPath?: readonly string[];
}

/** In place of a value that could not be read. */
export const UNREADABLE = Symbol("unreadable");

/** How every format but Parquet shows an unreadable value. */
export const UNREADABLE_TEXT = "#N/A";

/** Days, moments and decimals are texts, as in JSON. */
export type Cell = string | number | boolean | null | typeof UNREADABLE;

/** Values in the order of the columns. */
export type Row = readonly Cell[];

/** Rows under titles, ready to be written in any format. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  /** The rows, a few hundred at a time. Each call begins with the first. */
  batches(): Iterable<readonly Row[]>;
  /** What the rows come to in each column that has a total, once they have been read. */
  readonly totals?: () => readonly (ColumnTotal | undefined)[];
  /** What is to be said about the table as a whole, once its rows have been read. */
  readonly about?: () => readonly AboutLine[];
}

/** What rows come to in a column. */
export interface ColumnTotal {
  /** A decimal. */
  readonly value: string;
  /** The columns whose sums it is a percentage of, or a change in percent; undefined if it is a sum itself. */
  readonly percentage?: { readonly part: number; readonly whole: number; readonly isChange?: boolean };
}

/** Something that is to be said about a table. */
export interface AboutLine {
  readonly label: string;
  readonly value: string | number;
  /** Of a text; `text` if left out. */
  readonly type?: ColumnType;
}

/** How CSV is written; other formats have no choice. What is left out is true, but for the comma. */
export interface SheetOptions {
  readonly hasHeader?: boolean;
  readonly hasByteOrderMark?: boolean;
  readonly hasDecimalComma?: boolean;
  /** Whether a text that looks like a formula gets an apostrophe before it. */
  readonly escapesFormulas?: boolean;
}

/** Parts of a file, in order. After each, also an empty one, other work may have its turn. */
export type FileParts = Generator<string | Uint8Array, void, void>;
