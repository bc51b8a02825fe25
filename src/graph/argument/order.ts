import type { Kind } from "../../catalog/index.ts";
import type { Column, ScannedRow } from "../scan/column.ts";
import type { OrderTerm, SortKey } from "../scan/ranking.ts";
import { badInput } from "./bad-input.ts";
import type { FilterLink } from "./filter.ts";

/** A column that reads other records: `links` leads to them from records of a kind. */
export interface LinkedColumn extends Column {
  readonly links: (kind: Kind) => readonly FilterLink[];
}

/**
 * The columns by which a type can be ordered. The keys are the values of its order enum. Linked columns belong to an
 * operation.
 */
export type OrderTable<C = unknown> = Readonly<Record<string, Column | ((context: C) => LinkedColumn)>>;

/** An element of an `orderBy` argument, as GraphQL has coerced it. */
export interface OrderInput {
  readonly field: string;
  readonly direction: "ASC" | "DESC";
}

/** A total order of rows: no two rows are equal. */
export interface Order {
  /** Identifies the type and the order; part of every cursor. */
  readonly id: string;
  /** The fields that the order reads. */
  readonly requiredFields: readonly string[];
  /** The links that it follows from records of a kind. */
  readonly links: LinkedColumn["links"];
  /** Its columns, the most significant first; none if ordered by Alma id. */
  readonly terms: readonly OrderTerm[];
  sortKey(row: ScannedRow): SortKey;
  /** Returns whether a value can be a sort key of this order. */
  isKey(value: readonly unknown[]): value is SortKey;
}

/**
 * Compiles an `orderBy` argument. Null, undefined and [] order by Alma id, newest first. Rows that are equal in every
 * column are ordered by Alma id too. Throws BAD_USER_INPUT for a repeated field.
 */
export function compileOrder<C>(
  typeName: string,
  table: OrderTable<C>,
  orderBy: readonly OrderInput[] | null | undefined,
  context: C,
): Order {
  const terms = new Map<string, OrderTerm>();
  for (const [index, { field, direction }] of (orderBy ?? []).entries()) {
    const declared = table[field];
    if (declared === undefined)
      throw new Error(`The schema offers the order "${field}", which is not implemented.`);
    if (terms.has(field))
      throw badInput(`orderBy.${index}.field`, `${field} is given twice. Name each field once.`);
    const column = typeof declared === "function" ? declared(context) : declared;
    terms.set(field, { column, descending: direction === "DESC" });
  }
  const names = [...terms].map(([name, { descending }]) => (descending ? `-${name}` : `+${name}`));
  return createOrder([typeName, ...names].join(" "), [...terms.values()]);
}

/** Creates an order by these terms. Its `id` is part of its cursors. */
export function createOrder(id: string, terms: readonly OrderTerm[]): Order {
  return {
    id,
    requiredFields: [...new Set(terms.flatMap(({ column }) => column.requiredFields))],
    links: (kind) =>
      terms.flatMap(({ column }) => ("links" in column ? (column as LinkedColumn).links(kind) : [])),
    terms,
    sortKey: (row) => [row.id, ...terms.map(({ column }) => column.read(row))],
    isKey: (value): value is SortKey =>
      value.length === terms.length + 1 &&
      Number.isSafeInteger(value[0]) &&
      terms.every(({ column }, index) => {
        const part = value[index + 1];
        return part === null || column.comparison.accepts(part);
      }),
  };
}
