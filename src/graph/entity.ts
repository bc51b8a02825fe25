import type { GraphQLResolveInfo } from "graphql";
import type { Entry, Kind, Known } from "../catalog/index.ts";
import type { Column } from "./column.ts";
import type { GraphContext } from "./context.ts";
import type { FilterTable } from "./filter.ts";
import type { Resolvers, ResolversTypes } from "./generated.ts";
import type { Handle } from "./handle.ts";
import type { Later } from "./later.ts";
import type { OrderTable } from "./order.ts";
import type { Unlisted } from "./unlisted.ts";
import type { WriteSpec } from "./write-spec.ts";

/** A field that a filter reads from records of other kinds. */
export interface Across {
  /** All records of these kinds that the lists name have to be known. */
  readonly kinds: readonly Kind[];
  /** By which link the candidates refer to them. */
  readonly link: string;
  /** The name of the field there. */
  readonly field: string;
  /** Reads what the lists do not name, and the candidates refer to. */
  readonly readUnlisted: (context: GraphContext, candidates: readonly Entry[]) => Later<Unlisted>;
}

/** What can be asked of a kind's connections. */
export interface Listable {
  readonly filters: (context: GraphContext) => FilterTable;
  readonly orders: OrderTable;
  /** By the names that the filters give to such fields. */
  readonly across?: Readonly<Record<string, Across>>;
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

/** The fields of a kind's type in the schema. */
type FieldName<K extends Kind> = keyof NonNullable<Resolvers[Capitalize<K>]>;

/**
 * One kind of record in the graph: its edges, how it is filtered and ordered, and how it is written. Every other field
 * of its type is the record's own of the same name.
 */
export interface Entity<K extends Kind> extends Listable {
  readonly kind: K;
  readonly edges: Readonly<Partial<Record<FieldName<K>, Edge<K>>>>;
  readonly orders: Readonly<Record<ResolversTypes[`${Capitalize<K>}OrderField`], Column>>;
  readonly write: WriteSpec;
}

/** The entity of any kind. */
export type AnyEntity = { [K in Kind]: Entity<K> }[Kind];

/** Declares an entity, so that its edges are checked against its records. */
export function entity<K extends Kind>(kind: K, parts: Omit<Entity<K>, "kind">): Entity<K> {
  return { kind, ...parts };
}
