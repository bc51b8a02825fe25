import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from "graphql";
// Not of the public interface, which is why graphql is held to its minor version; others' are not the same to the
// letter.
import { collectSubfields } from "graphql/execution/collectFields.js";

/** What every resolver of an operation is told alike. */
export type OperationInfo = Pick<
  GraphQLResolveInfo,
  "schema" | "fragments" | "rootValue" | "operation" | "variableValues"
>;

/** The fragments of a document by their names. */
export function fragmentsOf({ definitions }: DocumentNode): OperationInfo["fragments"] {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  return fragments;
}

/** What has selections: a field, or the operation. */
export type HasSelectionSet = Pick<FieldNode, "selectionSet">;

/** A field that is selected at a place of a query. */
export interface CollectedField {
  /** Its name in the answer. */
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Its arguments; throws what GraphQL has against them. */
  readonly getArgs: () => Record<string, unknown>;
}

/** The fields that are selected of an object type, in all of the nodes together. GraphQL: "Field Collection". */
export function collectFields(
  { schema, fragments, variableValues }: OperationInfo,
  type: GraphQLObjectType,
  nodes: readonly HasSelectionSet[],
): CollectedField[] {
  const collected: CollectedField[] = [];
  // Nothing but their selections is looked at.
  const fields = nodes as readonly FieldNode[];
  for (const [key, fieldNodes] of collectSubfields(schema, fragments, variableValues, type, fields)) {
    const [node] = fieldNodes;
    const definition = node && getFieldDef(schema, type, node.name.value);
    if (!definition) continue;
    const getArgs =
      definition.args.length === 0 ? noArguments : coerceArguments(definition, node, variableValues);
    collected.push({ key, nodes: fieldNodes, parentType: type, definition, getArgs });
  }
  return collected;
}

/** The names of the fields that are selected of an object type below the field that is being resolved. */
export function collectFieldNames(
  { schema, fragments, variableValues, fieldNodes }: GraphQLResolveInfo,
  typeName: string,
): Set<string> {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`The schema has no object type ${typeName}.`);
  const names = new Set<string>();
  for (const [node] of collectSubfields(schema, fragments, variableValues, type, fieldNodes).values())
    if (node) names.add(node.name.value);
  return names;
}

const noArguments = () => ({});

function getFieldDef(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  const isRoot = type === schema.getQueryType();
  if (isRoot && name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (isRoot && name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return type.getFields()[name];
}

function coerceArguments(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: OperationInfo["variableValues"],
): CollectedField["getArgs"] {
  try {
    const args = getArgumentValues(definition, node, variables);
    return () => args;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
