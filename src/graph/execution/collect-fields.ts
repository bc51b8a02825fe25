import { doesFragmentConditionMatch, getFieldEntryKey, shouldIncludeNode } from "@graphql-tools/utils";
import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type ValueNode,
} from "graphql";
import { argumentsOf, type OperationInfo } from "./operation-info.ts";

/** The name of nodes that replace withheld fields. No schema contains it, so no other code can read their values. */
export const withheldName = "__withheld";

/** The error of a field that is null because its caller lacks scopes. */
export class WithheldField extends GraphQLError {}

interface Withheld {
  readonly name: string;
  readonly error: WithheldField;
}

const withheldByNode = new WeakMap<FieldNode, Withheld>();

/**
 * Creates the node that replaces a field for which the caller lacks scopes. It resolves to null with an
 * error.
 */
export function withholdField(
  { alias, name, loc }: FieldNode,
  typeName: string,
  missing: readonly string[],
): FieldNode {
  const node: FieldNode = {
    kind: Kind.FIELD,
    alias: alias ?? name,
    name: { kind: Kind.NAME, value: withheldName },
    ...(loc && { loc }),
  };
  const scopes = missing.join(", ").toLowerCase();
  const message =
    `${typeName}.${name.value} needs the scope ${scopes}, which this caller does not have, so it is null wherever this place ` +
    "of the query asks for it. Leave it out, or ask for a key with the scope.";
  const error = new WithheldField(message, { extensions: { code: "FORBIDDEN", missing } });
  withheldByNode.set(node, { name: name.value, error });
  return node;
}

/** Returns the definition of a withheld field, with another resolver. */
function withheldDefinition(
  type: GraphQLObjectType,
  node: FieldNode,
): GraphQLField<unknown, unknown> | undefined {
  const withheld = withheldByNode.get(node);
  const definition = withheld && type.getFields()[withheld.name];
  if (!definition) return undefined;
  const resolve = () => {
    throw withheld.error;
  };
  return { ...definition, args: [], resolve };
}

/** A node with a selection set: a field or an operation. */
export type HasSelectionSet = Pick<FieldNode, "selectionSet">;

/** A selected field of an object type: all nodes with one response key, merged. */
export interface CollectedField {
  /** Its response key: the alias, or else the name. */
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Undefined if the arguments depend on variables; call `readArguments` for each execution. */
  readonly constantArgs: ReadArguments | undefined;
}

/** Returns the coerced arguments of a field. Throws a GraphQLError for an invalid argument. */
export type ReadArguments = () => Record<string, unknown>;

export type CollectionInfo = Pick<OperationInfo, "schema" | "fragments" | "variableValues">;

/** Collects the selected fields of an object type over all nodes. GraphQL: "Field Collection". */
export function collectFields(
  info: CollectionInfo,
  type: GraphQLObjectType,
  nodes: readonly HasSelectionSet[],
): CollectedField[] {
  const collected: CollectedField[] = [];
  for (const [key, fieldNodes] of collectNodes(info, type, nodes)) {
    const [node] = fieldNodes;
    const definition = node && getFieldDef(info.schema, type, node);
    if (!definition) continue;
    const constantArgs = node.arguments?.some(({ value }) => usesVariable(value))
      ? undefined
      : readArguments(definition, node, noVariables);
    collected.push({ key, nodes: fieldNodes, parentType: type, definition, constantArgs });
  }
  return collected;
}

/** Returns the names of the selected fields of an object type below the field being resolved. */
export function collectFieldNames(info: GraphQLResolveInfo, typeName: string): Set<string> {
  const type = info.schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`The schema has no object type ${typeName}.`);
  const names = new Set<string>();
  for (const [node] of collectNodes(info, type, info.fieldNodes).values())
    if (node) names.add(node.name.value);
  return names;
}

/**
 * Collects the nodes by response key. `collectSubFields` of @graphql-tools/utils differs from graphql-js: it
 * also evaluates the directives of a spread whose fragment was already visited.
 */
function collectNodes(
  { schema, fragments, variableValues }: CollectionInfo,
  type: GraphQLObjectType,
  nodes: readonly HasSelectionSet[],
) {
  const collected = new Map<string, FieldNode[]>();
  const visitedFragments = new Set<string>();
  const collect = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD && visitedFragments.has(selection.name.value)) continue;
      if (!shouldIncludeNode(variableValues, selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = getFieldEntryKey(selection);
        const sameKey = collected.get(key);
        if (sameKey) sameKey.push(selection);
        else collected.set(key, [selection]);
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) visitedFragments.add(selection.name.value);
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
      if (fragment && doesFragmentConditionMatch(schema, fragment, type)) collect(fragment.selectionSet);
    }
  };
  for (const { selectionSet } of nodes) if (selectionSet) collect(selectionSet);
  return collected;
}

const noVariables = {};

/** Returns whether a value contains a variable. */
export function usesVariable(value: ValueNode): boolean {
  if (value.kind === Kind.LIST) return value.values.some(usesVariable);
  if (value.kind === Kind.OBJECT) return value.fields.some((field) => usesVariable(field.value));
  return value.kind === Kind.VARIABLE;
}

function getFieldDef(schema: GraphQLSchema, type: GraphQLObjectType, node: FieldNode) {
  const name = node.name.value;
  if (name === withheldName) return withheldDefinition(type, node);
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  const isRoot = type === schema.getQueryType();
  if (isRoot && name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (isRoot && name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return type.getFields()[name];
}

/** Coerces the arguments once for all objects. An error is thrown for each object, as in graphql-js. */
export function readArguments(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: OperationInfo["variableValues"],
): ReadArguments {
  try {
    const args = argumentsOf(definition, node, variables);
    return () => args;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
