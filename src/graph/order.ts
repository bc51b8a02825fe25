import type { Column, Row } from "./column.ts";
import { badInput } from "./errors.ts";

/** The columns that a type can be ordered by, by the names of its order enum. */
export type OrderTable = Readonly<Record<string, Column>>;

/** One entry of an `orderBy` argument, as GraphQL coerced it. */
export interface OrderInput {
  readonly field: string;
  readonly direction: "ASC" | "DESC";
}

/** A row's place in an order: its Alma id, then the values of the order's columns. */
export type Key = readonly [id: number, ...values: unknown[]];

/** An order of rows: total, so no two rows are ever in the same place. */
export interface Order {
  /** Says which order it is, and of what: cursors carry it. */
  readonly id: string;
  /** The fields that it reads, each once. */
  readonly needs: readonly string[];
  compare(a: Row, b: Row): number;
  key(row: Row): Key;
  /** As `compare`, with the place of a row that need not be there any more. */
  compareToKey(row: Row, key: Key): number;
  /** True for what `key` may have made. */
  isKey(value: readonly unknown[]): value is Key;
}

interface Term {
  readonly name: string;
  readonly column: Column;
  readonly descending: boolean;
}

function terms(table: OrderTable, orderBy: readonly OrderInput[]): Term[] {
  const seen = new Set<string>();
  return orderBy.map(({ field, direction }, index) => {
    const column = table[field];
    if (column === undefined) throw new Error(`The schema offers the order "${field}", which is not built.`);
    if (seen.has(field)) {
      throw badInput(`orderBy.${index}.field`, `${field} is there already; name each field once.`);
    }
    seen.add(field);
    return { name: field, column, descending: direction === "DESC" };
  });
}

/** Rows without a value come last in either direction. */
function compareValues({ column, descending }: Term, a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const sign = column.comparison.compare(a, b);
  return descending ? -sign : sign;
}

/**
 * Makes an order of an `orderBy` argument; `of` names the type of the rows. Null, nothing and [] give the newest
 * first (the higher Alma id), which also decides between rows that are equal in every named field. Throws
 * BAD_USER_INPUT for a field named twice.
 */
export function compileOrder(
  of: string,
  table: OrderTable,
  orderBy: readonly OrderInput[] | null | undefined,
): Order {
  const list = terms(table, orderBy ?? []);
  return {
    id: [of, ...list.map(({ name, descending }) => (descending ? `-${name}` : `+${name}`))].join(" "),
    needs: [...new Set(list.flatMap(({ column }) => column.needs))],
    compare(a, b) {
      for (const term of list) {
        const sign = compareValues(term, term.column.read(a), term.column.read(b));
        if (sign !== 0) return sign;
      }
      return b.id - a.id;
    },
    key: (row) => [row.id, ...list.map(({ column }) => column.read(row))],
    compareToKey(row, key) {
      for (const [index, term] of list.entries()) {
        const sign = compareValues(term, term.column.read(row), key[index + 1]);
        if (sign !== 0) return sign;
      }
      return key[0] - row.id;
    },
    isKey: (value): value is Key =>
      value.length === list.length + 1 &&
      Number.isSafeInteger(value[0]) &&
      list.every(({ column }, index) => {
        const part = value[index + 1];
        return part === null || column.comparison.accepts(part);
      }),
  };
}
