import { booleans, type Comparison, dates, decimals, numbers, texts } from "./comparison.ts";

/** What filters and orders work on: a record's Alma id, and what is known of it. Missing and null are the same. */
export interface Row {
  readonly id: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** One value that every row has or lacks: what a filter tests and an order sorts by. */
export interface Column<V = unknown> {
  /** The fields of the record that it is read from. */
  readonly requiredFields: readonly string[];
  readonly comparison: Comparison<V>;
  /** The row's value; null when there is none. */
  read(row: Row): V | null;
}

type Field<T> = keyof T & string;
type FieldWith<T, V> = { [K in Field<T>]-?: NonNullable<T[K]> extends V ? K : never }[Field<T>];

/**
 * Makes a column of a record's field; `pick` takes the value out of a field that holds an object, and is only called
 * with what is there.
 */
interface ColumnFactory<T, V> {
  (field: FieldWith<T, V>): Column<V>;
  <K extends Field<T>>(field: K, extract: (value: NonNullable<T[K]>) => V | null | undefined): Column<V>;
}

function columnFactory<T, V>(comparison: Comparison<V>): ColumnFactory<T, V> {
  return (field: string, extract?: (value: never) => V | null | undefined): Column<V> => {
    const extractOrSelf = (extract ?? ((value: V) => value)) as (value: unknown) => V | null | undefined;
    const read = (row: Row): V | null => {
      const value = row.value[field];
      return value === null || value === undefined ? null : (extractOrSelf(value) ?? null);
    };
    return { requiredFields: [field], comparison, read };
  };
}

/**
 * The makers of columns for records of type T: `const of = columns<Unit>()`, then `of.text("name")`,
 * `of.text("propertyType", (choice) => choice.value)`.
 */
export function createColumnFactories<T>() {
  return {
    text: columnFactory<T, string>(texts),
    int: columnFactory<T, number>(numbers),
    float: columnFactory<T, number>(numbers),
    decimal: columnFactory<T, string>(decimals),
    date: columnFactory<T, string>(dates),
    boolean: columnFactory<T, boolean>(booleans),
  };
}

/** The Alma id. It is known of every row. */
export const almaId: Column<number> = { requiredFields: [], comparison: numbers, read: (row) => row.id };
