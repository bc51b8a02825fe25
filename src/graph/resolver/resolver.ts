import type { IResolvers } from "@graphql-tools/utils";
import { type GraphQLField, type GraphQLSchema, getNamedType, isCompositeType, isObjectType } from "graphql";
import { declarations } from "../../alma/index.ts";
import {
  EXISTS,
  type Kind,
  kindDefinitions,
  type Level,
  requiredLevel,
  SUMMARY,
} from "../../catalog/index.ts";
import { sourceField } from "../execution/source-resolver.ts";
import type { RecordView } from "../view/record-view.ts";
import type { ComputedField } from "./computed-field.ts";
import type { GraphContext } from "./context.ts";
import type { KindsRead, RequiredFields } from "./required-level.ts";

type Resolver = (view: RecordView, args: never, context: GraphContext, info: never) => unknown;

type Resolvers = Record<string, Resolver | { readonly resolve: Resolver }>;

/** A kind of record whose type gets resolvers. */
interface RecordType {
  readonly kind: Kind;
  /** By name; each is called with records of this kind only. */
  readonly computedFields: Readonly<Record<string, ComputedField<never> | undefined>>;
}

/** The record fields that computed fields need, by type and field. */
export function collectRequiredFields(recordTypes: readonly RecordType[]): RequiredFields {
  return Object.fromEntries(
    recordTypes.map(({ kind, computedFields }) => [
      kindDefinitions[kind].typeName,
      Object.fromEntries(
        Object.entries(computedFields).map(([name, computedField]) => [
          name,
          computedField?.requiredFields ?? [],
        ]),
      ),
    ]),
  );
}

/** The kinds of which computed fields may read any record, by type and field. */
export function collectKindsRead(recordTypes: readonly RecordType[]): KindsRead {
  return Object.fromEntries(
    recordTypes.map(({ kind, computedFields }) => [
      kindDefinitions[kind].typeName,
      Object.fromEntries(
        Object.entries(computedFields).flatMap(([name, field]) =>
          field?.readsAllOf ? [[name, field.readsAllOf] as const] : [],
        ),
      ),
    ]),
  );
}

/** The resolvers of a kind's type: its ids, its computed fields, and every other field as a value of the record. */
export function createResolvers(schema: GraphQLSchema, { kind, computedFields }: RecordType): IResolvers {
  const { typeName, summaryFields: summary } = kindDefinitions[kind];
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`The schema has no object type ${typeName}.`);
  const resolvers: Resolvers = {};
  for (const name of Object.keys(type.getFields())) {
    const computedField = (computedFields as Record<string, ComputedField<Kind> | undefined>)[name];
    if (computedField)
      resolvers[name] = createComputedResolver(computedField, summary, type.getFields()[name]);
    else if (isKnownField(kind, name)) resolvers[name] = createValueField(name, summary);
    else
      throw new Error(
        `${typeName}.${name} is in schema/, but the declaration of ${kind} in src/alma/ has neither a field nor a ` +
          "relation of this name, and its file in src/graph/ computes none.",
      );
  }
  resolvers.id = sourceField(({ record }: RecordView) => record.key, EXISTS);
  resolvers.almaId = sourceField(({ record }: RecordView) => record.id, EXISTS);
  return { [typeName]: resolvers };
}

function isKnownField(kind: Kind, name: string) {
  return name === "id" || name === "almaId" || Object.hasOwn(declarations[kind].fields, name);
}

function createValueField(name: string, summary: readonly string[]): Resolvers[string] {
  const level = requiredLevel(summary, [name]);
  return sourceField((view: RecordView) => view.readField(name, level), level);
}

function createComputedResolver(
  { requiredFields, resolve }: ComputedField<Kind>,
  summary: readonly string[],
  definition: GraphQLField<unknown, unknown> | undefined,
): Resolvers[string] {
  const level: Level = requiredLevel(summary, requiredFields);
  const type = definition && getNamedType(definition.type);
  const isObject = isCompositeType(type);
  const isConnection = isObject && type.name.endsWith("Connection");
  const name = definition?.name ?? "";
  const follow: Resolver = (view, args, context, info) => {
    if (isObject) noteFollowed(context, view, name, isConnection);
    return resolve(view, args, context, info);
  };
  // Apart, since a function that makes closures costs all of its calls the memory for them.
  const followAfter = (loading: Promise<void>, ...called: Parameters<Resolver>) =>
    loading.then(() => (called[0].isMissing ? null : follow(...called)));
  return (view, args, context, info) => {
    const loading = level >= SUMMARY ? view.ensureLevel(level) : undefined;
    return loading ? followAfter(loading, view, args, context, info) : follow(view, args, context, info);
  };
}

/**
 * Notes that an object field of a record is followed: where the record is to be read again, it may lead elsewhere. What
 * belongs to a connection does not depend on the record, unless its page is read again.
 */
function noteFollowed(
  { operation: { explanation, rereadsPages } }: GraphContext,
  { record }: RecordView,
  field: string,
  isConnection: boolean,
) {
  if (!explanation?.isToBeRead(record) || (isConnection && !rereadsPages)) return;
  const { typeName } = kindDefinitions[record.kind];
  explanation.doubt(`What ${typeName}.${field} leads to is known once the record is read.`);
}
