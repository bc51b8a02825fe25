import { type Kind, kinds } from "../../catalog/index.ts";
import type { FilterTable } from "../argument/filter.ts";
import type { LinkTarget } from "../argument/filter-field.ts";
import type { OrderTable } from "../argument/order.ts";

/** The connections: of one kind, or of units and rooms together. Their types are `UnitConnection`, … */
export type ConnectionName = Kind | "rentalObject";

const names: readonly ConnectionName[] = [...kinds, "rentalObject"];

/** What the names of a connection's types begin with: `RentalObject` of `rentalObject`. */
export function typeNameOf(name: ConnectionName): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** The connection of a type, such as `UnitConnection`, or of its groups; undefined if it is the type of none. */
export function connectionOf(typeName: string, end: "Connection" | "Groups"): ConnectionName | undefined {
  return names.find((name) => typeNameOf(name) + end === typeName);
}

/** What the filters of an operation may use in addition to the record. */
export interface FilterContext {
  /** The day of the operation, `YYYY-MM-DD`. */
  readonly today: string;
  /** What filters of the operation share. */
  readonly memo: Map<unknown, unknown>;
  connectionSpec(name: ConnectionName): ConnectionSpec;
}

/** The filters and orders of a connection. */
export interface ConnectionSpec {
  /** The kinds of its records. */
  readonly kinds: readonly Kind[];
  /** The filters, as they are for the records of one of the kinds. */
  readonly filters: (context: FilterContext, kind: Kind) => FilterTable;
  readonly orders: OrderTable;
}

/** The records of a connection, as what the filter of another one links to. */
export function linkTarget(context: FilterContext, name: ConnectionName): LinkTarget {
  const { kinds, filters } = context.connectionSpec(name);
  return { kinds, filters: (kind) => filters(context, kind) };
}
