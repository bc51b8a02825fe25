import type { IResolvers } from "@graphql-tools/utils";
import { type GraphQLField, type GraphQLSchema, getNamedType, isCompositeType, isObjectType } from "graphql";
import { declarations } from "../../alma/index.ts";
import { EXISTS, type Kind, kindDefinitions, requiredLevel } from "../../catalog/index.ts";
import { sourceField } from "../execution/source-resolver.ts";
import type { ComputedField } from "./computed-field.ts";
import type { GraphContext } from "./context.ts";
import type { GraphSettings } from "./graph-settings.ts";
import type { RecordView } from "./record-view.ts";

type Resolver = (view: RecordView, args: never, context: GraphContext, info: never) => unknown;

/** A kind of record with its computed fields. */
interface RecordType {
  readonly kind: Kind;
  /** The computed fields by name. Each is called only with records of this kind. */
  readonly computedFields: Readonly<Record<string, ComputedField<never> | undefined>>;
}

/** Collects the record fields that computed fields need, by type and field. */
export const collectRequiredFields = (recordTypes: readonly RecordType[]): GraphSettings["requiredFields"] =>
  Object.fromEntries(
    recordTypes.map(({ kind, computedFields }) => {
      const fields = Object.entries(computedFields).map(([name, field]) => [name, field?.requiredFields]);
      return [kindDefinitions[kind].typeName, Object.fromEntries(fields)];
    }),
  );

/**
 * Creates the resolvers of a kind's type: ids, computed fields, and every other field as a value of the
 * record.
 */
export function createResolvers(schema: GraphQLSchema, { kind, computedFields }: RecordType): IResolvers {
  const { typeName, summaryFields: summary } = kindDefinitions[kind];
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`The schema has no object type ${typeName}.`);
  const resolvers: Record<string, Resolver | { readonly resolve: Resolver }> = {
    id: sourceField(({ record }: RecordView) => record.key, EXISTS),
    almaId: sourceField(({ record }: RecordView) => record.id, EXISTS),
  };
  for (const [name, definition] of Object.entries(type.getFields())) {
    const computedField = (computedFields as Record<string, ComputedField<Kind> | undefined>)[name];
    if (computedField) resolvers[name] = createComputedResolver(computedField, summary, definition);
    else if (Object.hasOwn(declarations[kind].fields, name)) {
      const level = requiredLevel(summary, [name]);
      resolvers[name] = sourceField((view: RecordView) => view.readField(name, level), level);
    } else if (!resolvers[name])
      throw new Error(
        `${typeName}.${name} is in schema/, but the declaration of ${kind} in src/alma/ has neither a field nor a ` +
          "relation of this name, and its file in src/graph/ computes none.",
      );
  }
  return { [typeName]: resolvers };
}

function createComputedResolver(
  { requiredFields, resolve }: ComputedField<Kind>,
  summary: readonly string[],
  { name, type: outputType }: GraphQLField<unknown, unknown>,
): Resolver {
  const level = requiredLevel(summary, requiredFields);
  const type = getNamedType(outputType);
  const isObject = isCompositeType(type);
  const isConnection = isObject && type.name.endsWith("Connection");
  const follow: Resolver = (view, args, context, info) => {
    if (isObject) noteFollowed(context, view, name, isConnection);
    return resolve(view, args, context, info);
  };
  // Separate, since a function that creates closures allocates for them on every call.
  const followAfter = (loading: Promise<void>, ...called: Parameters<Resolver>) =>
    loading.then(() => (called[0].isMissing ? null : follow(...called)));
  return (view, args, context, info) => {
    const loading = view.ensureLevel(level);
    return loading ? followAfter(loading, view, args, context, info) : follow(view, args, context, info);
  };
}

/**
 * Records that an object field of a record is followed: if the record is read again, the field may refer to another
 * record. The members of a connection do not depend on the record, unless its page is read again.
 */
function noteFollowed(
  { operation: { explanation, rereadsPages } }: GraphContext,
  { record }: RecordView,
  field: string,
  isConnection: boolean,
) {
  if (!explanation?.isToBeRead(record) || (isConnection && !rereadsPages)) return;
  const { typeName } = kindDefinitions[record.kind];
  explanation.doubt(`What ${typeName}.${field} leads to is known only after the record is read.`);
}
