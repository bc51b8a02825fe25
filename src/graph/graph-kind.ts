import type { Kind } from "../catalog/index.ts";
import type { FilterTable } from "./argument/filter.ts";
import type { OrderTable } from "./argument/order.ts";
import { relationFields } from "./connection/record-field.ts";
import type { Resolvers, ResolversTypes } from "./generated.ts";
import { type ComputedField, scanFields } from "./resolver/computed-field.ts";
import type { ConnectionSpec, FilterContext } from "./resolver/connection-spec.ts";
import type { WriteSpec } from "./write/write.ts";

/** The fields of a kind's type in the schema. */
type FieldName<K extends Kind> =
  Capitalize<K> extends keyof Resolvers ? keyof NonNullable<Resolvers[Capitalize<K>]> : never;

/** The values of a kind's order enum. */
type OrderName<K extends Kind> =
  ResolversTypes extends Readonly<Record<`${Capitalize<K>}OrderField`, infer Name extends string>>
    ? Name
    : never;

/** The fields of a kind's filter, without `and`, `or` and `not`. */
type FilterName<K extends Kind> =
  ResolversTypes extends Readonly<Record<`${Capitalize<K>}Filter`, infer Filter>>
    ? Exclude<keyof Filter, "and" | "or" | "not">
    : never;

/**
 * The declaration of one kind of record in the graph: filters, orders, groups and write rules. A field of its type is a
 * relation, a computed field, or the record's field of the same name.
 */
interface GraphKind<K extends Kind> extends ConnectionSpec {
  readonly kind: K;
  readonly filters: (
    context: FilterContext,
    kind: Kind,
  ) => Readonly<Record<FilterName<K>, FilterTable[string]>>;
  readonly computedFields: Readonly<Partial<Record<FieldName<K>, ComputedField<K>>>>;
  readonly orders: Readonly<Record<OrderName<K>, OrderTable<FilterContext>[string]>>;
  readonly write: WriteSpec;
}

/** The declaration in the file of a kind. */
type GraphKindSpec<K extends Kind> = Omit<GraphKind<K>, "kind" | "kinds" | "computedFields"> &
  Partial<Pick<GraphKind<K>, "computedFields">>;

/** Declares a kind in the graph. The compiler checks its names against the schema and the record's fields. */
export function defineGraphKind<K extends Kind>(kind: K, spec: GraphKindSpec<K>): GraphKind<K> {
  const computedFields = {
    ...relationFields(kind),
    ...scanFields(kind),
    ...spec.computedFields,
  } as GraphKind<K>["computedFields"];
  return { ...spec, kind, kinds: [kind], computedFields };
}
