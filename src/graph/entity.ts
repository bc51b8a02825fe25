import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Kind, KnownFields } from "../catalog/index.ts";
import type { Column } from "./argument/column.ts";
import type { FilterTable } from "./argument/filter.ts";
import type { OrderTable } from "./argument/order.ts";
import type { UnlistedRecords } from "./connection/unlisted-objects.ts";
import type { PromiseOrValue } from "./execution/promise-or-value.ts";
import type { Resolvers, ResolversTypes } from "./generated.ts";
import type { GraphContext } from "./record/context.ts";
import type { RecordView } from "./record/record-view.ts";
import type { WriteSpec } from "./write/write-spec.ts";

/** A field that a filter reads from records of other kinds. */
export interface RelationFilter {
  /** All records of these kinds that the lists name have to be known. */
  readonly kinds: readonly Kind[];
  /** By which link the candidates refer to them. */
  readonly relation: string;
  /** The name of the field there. */
  readonly field: string;
  /** Reads what the lists do not name, and the candidates refer to. */
  readonly readUnlisted: (
    context: GraphContext,
    candidates: readonly CachedRecord[],
  ) => PromiseOrValue<UnlistedRecords>;
}

/** What can be asked of a kind's connections. */
export interface ConnectionSpec {
  readonly filters: (context: GraphContext) => FilterTable;
  readonly orders: OrderTable;
  /** By the names that the filters give to such fields. */
  readonly relationFilters?: Readonly<Record<string, RelationFilter>>;
}

/** A field that is more than a value of the record. */
export interface ComputedField<K extends Kind, Args = never> {
  /** Fields of the record that must be known before it is resolved. */
  readonly requiredFields: readonly (keyof KnownFields<K> & string)[];
  readonly resolve: (
    view: RecordView<K>,
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
export interface Entity<K extends Kind> extends ConnectionSpec {
  readonly kind: K;
  readonly computedFields: Readonly<Partial<Record<FieldName<K>, ComputedField<K>>>>;
  readonly orders: Readonly<Record<ResolversTypes[`${Capitalize<K>}OrderField`], Column>>;
  readonly write: WriteSpec;
}

/** The entity of any kind. */
export type AnyEntity = { [K in Kind]: Entity<K> }[Kind];

/** Declares an entity, so that its edges are checked against its records. */
export function defineEntity<K extends Kind>(kind: K, parts: Omit<Entity<K>, "kind">): Entity<K> {
  return { kind, ...parts };
}
