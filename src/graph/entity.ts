import type { GraphQLResolveInfo } from "graphql";
import type { Kind, Known } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { FilterTable } from "./filter.ts";
import type { Handle } from "./handle.ts";
import type { OrderTable } from "./order.ts";
import type { WriteSpec } from "./write-spec.ts";

/** What can be asked of a kind's connections. */
export interface Listable {
  readonly filters: (context: GraphContext) => FilterTable;
  readonly orders: OrderTable;
  /** Fields that filters read from records of other kinds, and which kinds those are. */
  readonly across?: Readonly<Record<string, readonly Kind[]>>;
}

/** A field that is more than a value of the record. */
export interface Edge<K extends Kind, Args = never> {
  /** Fields of the record that must be known before it is resolved. */
  readonly needs: readonly (keyof Known<K> & string)[];
  readonly resolve: (
    handle: Handle<K>,
    args: Args,
    context: GraphContext,
    info: GraphQLResolveInfo,
  ) => unknown;
}

/**
 * One kind of record in the graph: its edges, how it is filtered and ordered, and how it is written. Every other field of its type is
 * the record's own of the same name.
 */
export interface Entity<K extends Kind> extends Listable {
  readonly kind: K;
  readonly edges: Readonly<Record<string, Edge<K>>>;
  readonly write: WriteSpec;
}

/** Declares an entity, so that its edges are checked against its records. */
export function entity<K extends Kind>(kind: K, parts: Omit<Entity<K>, "kind">): Entity<K> {
  return { kind, ...parts };
}
