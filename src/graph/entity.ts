import type { Kind } from "../catalog/index.ts";
import type { Column } from "./argument/column.ts";
import type { Resolvers, ResolversTypes } from "./generated.ts";
import type { ComputedField } from "./record/computed-field.ts";
import type { ConnectionSpec } from "./record/connection-spec.ts";
import type { WriteSpec } from "./write/write-spec.ts";

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
