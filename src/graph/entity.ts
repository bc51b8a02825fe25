import type { declarations } from "../alma/index.ts";
import type { Kind } from "../catalog/index.ts";
import type { Column } from "./argument/column.ts";
import type { FilterTable } from "./argument/filter.ts";
import { relationFields } from "./connection/relation-field.ts";
import type { MutationResolvers, QueryResolvers, Resolvers, ResolversTypes } from "./generated.ts";
import type { ComputedField } from "./record/computed-field.ts";
import type { ConnectionSpec, FilterContext } from "./record/connection-spec.ts";
import type { WriteSpec } from "./write/write-spec.ts";

/** The fields of a kind's type in the schema. */
type FieldName<K extends Kind> =
  Capitalize<K> extends keyof Resolvers ? keyof NonNullable<Resolvers[Capitalize<K>]> : never;

/** The values of the enum by which a kind's connections are ordered. */
type OrderName<K extends Kind> =
  ResolversTypes extends Readonly<Record<`${Capitalize<K>}OrderField`, infer Name extends string>>
    ? Name
    : never;

/** The fields by which a kind's connections are filtered, without those that combine others. */
type FilterName<K extends Kind> =
  ResolversTypes extends Readonly<Record<`${Capitalize<K>}Filter`, infer Filter>>
    ? Exclude<keyof Filter, "and" | "or" | "not">
    : never;

/** The verbs that a kind is declared with. */
type VerbOf<K extends Kind> = keyof (typeof declarations)[K]["writes"];

/**
 * One kind of record in the graph: its root fields and mutations, its filters and orders, and the rules of its writes.
 * The fields of its type are its relations, those computed here, and the record's own of the same name.
 */
export interface Entity<K extends Kind> extends ConnectionSpec {
  readonly kind: K;
  /** Root fields, by name. */
  readonly query: QueryResolvers;
  /** What each mutation does to a record of the kind. */
  readonly mutations: Readonly<Partial<Record<keyof MutationResolvers, VerbOf<K>>>>;
  readonly filters: (context: FilterContext) => Readonly<Record<FilterName<K>, FilterTable[string]>>;
  readonly computedFields: Readonly<Partial<Record<FieldName<K>, ComputedField<K>>>>;
  readonly orders: Readonly<Record<OrderName<K>, Column>>;
  readonly write: WriteSpec;
}

/** The entity of any kind. */
export type AnyEntity = { [K in Kind]: Entity<K> }[Kind];

/** What a file says of its entity. */
type EntitySpec<K extends Kind> = Omit<Entity<K>, "kind" | "computedFields"> &
  Partial<Pick<Entity<K>, "computedFields">>;

/** Declares an entity, so that its fields are checked against its records and the schema. */
export function defineEntity<K extends Kind>(kind: K, spec: EntitySpec<K>): Entity<K> {
  const computedFields = { ...relationFields(kind), ...spec.computedFields } as Entity<K>["computedFields"];
  return { ...spec, kind, computedFields };
}
