import { decimal, stripBlanks } from "../../alma/index.ts";
import { dayNumberOf } from "../rent/day.ts";

/**
 * Maps values to numbers in the same order, which compare ten times as fast. Different values may share a number, but a
 * greater value never has a smaller number.
 */
export interface Scale<V> {
  numberOf(value: V): number;
  /** Returns whether no other value has the number of this one. */
  isExact(value: V): boolean;
  /** Returns a key that only equal values share. */
  canonical(value: V): string | number | boolean;
}

/** A comparison of values of one type, independent of the system's locale. */
export interface Ordering<V> {
  /** Negative if a sorts before b, positive if after, 0 only if equal. */
  compare(a: V, b: V): number;
  /** Returns whether an external value, such as from a cursor, has this type. */
  accepts(value: unknown): value is V;
  /** Normalizes values of rows and filters before comparing. */
  normalize?(value: V): V;
  /** Maps the values to numbers. Texts have no scale. */
  readonly scale?: Scale<V>;
}

const collator = new Intl.Collator("en", { numeric: true });

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const identity = <V>(value: V) => value;
const always = () => true;

/**
 * Compares texts by Unicode's root collation, with embedded numbers by value: "Unit 9" before "Unit 10". Texts that
 * collate as equal ("7" and "07") are ordered by code units.
 */
export const textOrdering: Ordering<string> = {
  compare: (a, b) => (a === b ? 0 : collator.compare(a, b) || byCodeUnit(a, b)),
  accepts: (value) => typeof value === "string",
};

/** Compares Bitrix ids: texts, ignoring surrounding blanks. */
const externalIdOrdering: Ordering<string> = { ...textOrdering, normalize: stripBlanks };

export const numberOrdering: Ordering<number> = {
  compare: (a, b) => a - b,
  accepts: (value) => typeof value === "number",
  scale: { numberOf: identity, isExact: always, canonical: identity },
};

/** Compares decimals in text form by exact value: "12.20" equals "12.2". */
export const decimalOrdering: Ordering<string> = {
  compare: decimal.compareDecimal,
  accepts: (value): value is string => typeof value === "string" && decimal.isDecimal(value),
  // Doubles distinguish all decimals of up to 15 digits.
  scale: { numberOf: Number, isExact: (value) => value.length <= 15, canonical: decimal.canonicalDecimal },
};

/** Compares calendar dates, `YYYY-MM-DD`, earlier first. Their numbers are those of `dayNumberOf`. */
const dateOrdering: Ordering<string> = {
  compare: byCodeUnit,
  accepts: (value): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value),
  scale: { numberOf: dayNumberOf, isExact: always, canonical: identity },
};

/** Compares booleans, false first. */
export const booleanOrdering: Ordering<boolean> = {
  compare: (a, b) => Number(a) - Number(b),
  accepts: (value) => typeof value === "boolean",
  scale: { numberOf: Number, isExact: always, canonical: identity },
};

/** Compares values by their position in a list. */
export const inOrderOf = <V>(list: readonly V[]): Ordering<V> => ({
  compare: (a, b) => list.indexOf(a) - list.indexOf(b),
  accepts: (value): value is V => list.includes(value as V),
});

const ascii = /^\p{ASCII}*$/u;

/**
 * Folds the case of a text in any script. Upper case equates "ß" with "SS", the three sigmas, and the Turkish "ı" with
 * "I"; "İ" is folded to "I" as well, so that "istanbul" finds "İstanbul". Accents are kept: "é" is not "e", "й" is not
 * "и". Composed and decomposed forms are equal.
 */
export function foldCase(text: string): string {
  // A shortcut with the same result in a third of the time.
  if (ascii.test(text)) return text.toUpperCase();
  return text.normalize("NFC").toUpperCase().normalize("NFC").replaceAll("\u0130", "I");
}

/** A record as filters and orders use it. A missing field counts as null. */
export interface ScannedRow {
  readonly id: number;
  readonly value: Readonly<Record<string, unknown>>;
  /** Its slot in the cached columns of its kind; -1 or undefined if it has none. */
  readonly slot?: number;
}

/** A value, or null, of each row, which filters test and orders sort by. */
export interface Column<V = unknown> {
  /** The column's name within its kind; undefined if its values depend on more than the row. */
  readonly key?: string;
  /** The record fields that the value is read from. */
  readonly requiredFields: readonly string[];
  readonly comparison: Ordering<V>;
  read(row: ScannedRow): V | null;
}

type Field<T> = keyof T & string;
/** The fields of a record that hold values of a type, or none. */
export type FieldWith<T, V> = { [K in Field<T>]-?: NonNullable<T[K]> extends V ? K : never }[Field<T>];

/** Creates a column of a field, or of a property of an object in a field. */
interface ColumnFactory<T, V> {
  (field: FieldWith<T, V>): Column<V>;
  <K extends Field<T>>(field: K, property: FieldWith<NonNullable<T[K]>, V>): Column<V>;
}

function columnFactory<T, V>(type: string, comparison: Ordering<V>): ColumnFactory<T, V> {
  return (field: string, property?: string): Column<V> => {
    const read = (row: ScannedRow) => {
      let value = row.value[field];
      if (property !== undefined && value != null)
        value = (value as Readonly<Record<string, unknown>>)[property];
      if (value == null) return null;
      return comparison.normalize ? comparison.normalize(value as V) : (value as V);
    };
    const key = property === undefined ? `${type} ${field}` : `${type} ${field}.${property}`;
    return { key, requiredFields: [field], comparison, read };
  };
}

/**
 * Column factories for records of type T: `const column = createColumnFactories<Unit>()`, then `column.text("name")` or
 * `column.text("propertyType", "value")`.
 */
export function createColumnFactories<T>() {
  return {
    text: columnFactory<T, string>("text", textOrdering),
    externalId: columnFactory<T, string>("externalId", externalIdOrdering),
    int: columnFactory<T, number>("number", numberOrdering),
    float: columnFactory<T, number>("number", numberOrdering),
    decimal: columnFactory<T, string>("decimal", decimalOrdering),
    date: columnFactory<T, string>("date", dateOrdering),
    boolean: columnFactory<T, boolean>("boolean", booleanOrdering),
  };
}

/** The column of the Alma id, which every row has. */
export const almaId: Column<number> = {
  key: "almaId",
  requiredFields: [],
  comparison: numberOrdering,
  read: (row) => row.id,
};
