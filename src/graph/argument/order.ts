import { badInput } from "./bad-input.ts";
import type { Column, Row } from "./column.ts";

/** The columns by which a type can be ordered. The keys are the values of its order enum. */
export type OrderTable = Readonly<Record<string, Column>>;

/** An element of an `orderBy` argument, as GraphQL has coerced it. */
export interface OrderInput {
  readonly field: string;
  readonly direction: "ASC" | "DESC";
}

/** The position of a row in an order: its Alma id, then the values of the order's columns. */
export type SortKey = readonly [id: number, ...values: unknown[]];

/** A total order of rows: no two rows are equal in it. */
export interface Order {
  /** Identifies the type and the order; part of every cursor. */
  readonly id: string;
  /** The fields that the order reads, each once. */
  readonly requiredFields: readonly string[];
  compare(a: Row, b: Row): number;
  sortKey(row: Row): SortKey;
  /** As `compare`, with the sort key of a row that may no longer exist. */
  compareToKey(row: Row, key: SortKey): number;
  /** Whether a value can be a sort key of this order. */
  isKey(value: readonly unknown[]): value is SortKey;
}

interface OrderTerm {
  readonly name: string;
  readonly column: Column;
  readonly descending: boolean;
}

function parseTerms(table: OrderTable, orderBy: readonly OrderInput[]): OrderTerm[] {
  const seen = new Set<string>();
  return orderBy.map(({ field, direction }, index) => {
    const column = table[field];
    if (column === undefined)
      throw new Error(`The schema offers the order "${field}", which is not implemented.`);
    if (seen.has(field)) {
      throw badInput(`orderBy.${index}.field`, `${field} is there already; name each field once.`);
    }
    seen.add(field);
    return { name: field, column, descending: direction === "DESC" };
  });
}

/** Compares two values of a term. Null sorts last, in either direction. */
function compareValues({ column, descending }: OrderTerm, a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const sign = column.comparison.compare(a, b);
  return descending ? -sign : sign;
}

/**
 * Compiles an `orderBy` argument for rows of a type. Null, undefined and [] order by the Alma id, the highest (newest)
 * first. The Alma id also orders rows that are equal in every column. Throws BAD_USER_INPUT for a field that is given
 * twice.
 */
export function compileOrder(
  typeName: string,
  table: OrderTable,
  orderBy: readonly OrderInput[] | null | undefined,
): Order {
  const terms = parseTerms(table, orderBy ?? []);
  return {
    id: [typeName, ...terms.map(({ name, descending }) => (descending ? `-${name}` : `+${name}`))].join(" "),
    requiredFields: [...new Set(terms.flatMap(({ column }) => column.requiredFields))],
    compare(a, b) {
      for (const term of terms) {
        const sign = compareValues(term, term.column.read(a), term.column.read(b));
        if (sign !== 0) return sign;
      }
      return b.id - a.id;
    },
    sortKey: (row) => [row.id, ...terms.map(({ column }) => column.read(row))],
    compareToKey(row, key) {
      for (const [index, term] of terms.entries()) {
        const sign = compareValues(term, term.column.read(row), key[index + 1]);
        if (sign !== 0) return sign;
      }
      return key[0] - row.id;
    },
    isKey: (value): value is SortKey =>
      value.length === terms.length + 1 &&
      Number.isSafeInteger(value[0]) &&
      terms.every(({ column }, index) => {
        const part = value[index + 1];
        return part === null || column.comparison.accepts(part);
      }),
  };
}
