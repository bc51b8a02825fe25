import type { Slotted, SlotValues } from "../../catalog/index.ts";
import { booleans, type Comparison, dates, decimals, externalIds, numbers, texts } from "./comparison.ts";

const ascii = /^\p{ASCII}*$/u;

/**
 * Folds the case of a text, in any script. Upper case equates "ß" with "SS", the three sigmas, and the Turkish "ı" with
 * "I"; "İ" is folded to "I" as well, so that "istanbul" finds "İstanbul". Accents are kept: "é" is not "e", "й" is not
 * "и". Composed and decomposed forms are equal.
 */
export function fold(text: string): string {
  // A shortcut with the same result, in a third of the time.
  if (ascii.test(text)) return text.toUpperCase();
  return text.normalize("NFC").toUpperCase().normalize("NFC").replaceAll("\u0130", "I");
}

/** A record as filters and orders see it: its Alma id and its known fields. A missing field counts as null. */
export interface Row {
  readonly id: number;
  readonly value: Readonly<Record<string, unknown>>;
  /** Its place in the columns of its kind that are cached; -1 or undefined if it has none. */
  readonly slot?: number;
}

/** A value of each row, or null, which filters test and orders sort by. */
export interface Column<V = unknown> {
  /** The name of the column among those of its kind; undefined if its values depend on more than the row. */
  readonly key?: string;
  /** The fields of the record that the value is read from. */
  readonly requiredFields: readonly string[];
  readonly comparison: Comparison<V>;
  /** The value in a row; null if the row has none. */
  read(row: Row): V | null;
  /** Makes what is cached of its values; by default their numbers or the values themselves. */
  readonly cache?: () => SlotValues<Row & Slotted>;
}

type Field<T> = keyof T & string;
/** The fields of a record that hold values of a type, or none. */
export type FieldWith<T, V> = { [K in Field<T>]-?: NonNullable<T[K]> extends V ? K : never }[Field<T>];

/** Makes a column of a field, or of a property of the object that a field holds. */
interface ColumnFactory<T, V> {
  (field: FieldWith<T, V>): Column<V>;
  <K extends Field<T>>(field: K, property: FieldWith<NonNullable<T[K]>, V>): Column<V>;
}

function columnFactory<T, V>(type: string, comparison: Comparison<V>): ColumnFactory<T, V> {
  return (field: string, property?: string): Column<V> => {
    const read = (row: Row): V | null => {
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
    text: columnFactory<T, string>("text", texts),
    externalId: columnFactory<T, string>("externalId", externalIds),
    int: columnFactory<T, number>("number", numbers),
    float: columnFactory<T, number>("number", numbers),
    decimal: columnFactory<T, string>("decimal", decimals),
    date: columnFactory<T, string>("date", dates),
    boolean: columnFactory<T, boolean>("boolean", booleans),
  };
}

/** The column of the Alma id, which every row has. */
export const almaId: Column<number> = {
  key: "almaId",
  requiredFields: [],
  comparison: numbers,
  read: (row) => row.id,
};
