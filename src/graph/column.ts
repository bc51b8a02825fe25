import { type Comparison, dates, decimals, flags, numbers, texts } from "./comparison.ts";

/** What filters and orders work on: a record's Alma id, and what is known of it. Missing and null are the same. */
export interface Row {
  readonly id: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** One value that every row has or lacks: what a filter tests and an order sorts by. */
export interface Column<V = unknown> {
  /** The fields of the record that it is read from. */
  readonly needs: readonly string[];
  readonly comparison: Comparison<V>;
  /** The row's value; null when there is none. */
  read(row: Row): V | null;
}

type Field<T> = keyof T & string;
type FieldWith<T, V> = { [K in Field<T>]-?: NonNullable<T[K]> extends V ? K : never }[Field<T>];

/**
 * Makes a column of a record's field; `pick` takes the value out of a field that holds an object, and is only
 * called with what is there.
 */
interface MakeColumn<T, V> {
  (field: FieldWith<T, V>): Column<V>;
  <K extends Field<T>>(field: K, pick: (value: NonNullable<T[K]>) => V | null | undefined): Column<V>;
}

function make<T, V>(comparison: Comparison<V>): MakeColumn<T, V> {
  return (field: string, pick?: (value: never) => V | null | undefined): Column<V> => {
    const take = (pick ?? ((value: V) => value)) as (value: unknown) => V | null | undefined;
    const read = (row: Row): V | null => {
      const value = row.value[field];
      return value === null || value === undefined ? null : (take(value) ?? null);
    };
    return { needs: [field], comparison, read };
  };
}

/**
 * The makers of columns for records of type T:
 * `const of = columns<Unit>()`, then `of.text("name")`, `of.text("propertyType", (choice) => choice.value)`.
 */
export function columns<T>() {
  return {
    text: make<T, string>(texts),
    int: make<T, number>(numbers),
    float: make<T, number>(numbers),
    decimal: make<T, string>(decimals),
    date: make<T, string>(dates),
    flag: make<T, boolean>(flags),
  };
}

/** The Alma id. It is known of every row. */
export const almaId: Column<number> = { needs: [], comparison: numbers, read: (row) => row.id };
