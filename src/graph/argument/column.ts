import { booleans, type Comparison, dates, decimals, externalIds, numbers, texts } from "./comparison.ts";

/** A record as filters and orders see it: its Alma id and its known fields. A missing field counts as null. */
export interface Row {
  readonly id: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** A value of each row, or null, which filters test and orders sort by. */
export interface Column<V = unknown> {
  /** The fields of the record that the value is read from. */
  readonly requiredFields: readonly string[];
  readonly comparison: Comparison<V>;
  /** The value in a row; null if the row has none. */
  read(row: Row): V | null;
}

type Field<T> = keyof T & string;
type FieldWith<T, V> = { [K in Field<T>]-?: NonNullable<T[K]> extends V ? K : never }[Field<T>];

/**
 * Makes a column of a field. `extract` takes the value out of a field that holds an object; it is never called with
 * null.
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
      const extracted = value === null || value === undefined ? null : (extractOrSelf(value) ?? null);
      return extracted === null || !comparison.normalize ? extracted : comparison.normalize(extracted);
    };
    return { requiredFields: [field], comparison, read };
  };
}

/**
 * Column factories for records of type T: `const column = createColumnFactories<Unit>()`, then `column.text("name")` or
 * `column.text("propertyType", (choice) => choice.value)`.
 */
export function createColumnFactories<T>() {
  return {
    text: columnFactory<T, string>(texts),
    externalId: columnFactory<T, string>(externalIds),
    int: columnFactory<T, number>(numbers),
    float: columnFactory<T, number>(numbers),
    decimal: columnFactory<T, string>(decimals),
    date: columnFactory<T, string>(dates),
    boolean: columnFactory<T, boolean>(booleans),
  };
}

/** The column of the Alma id, which every row has. */
export const almaId: Column<number> = { requiredFields: [], comparison: numbers, read: (row) => row.id };
