import { collectFields } from "@graphql-tools/utils";
import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from "graphql";

/** What every resolver of an operation is told alike. */
export type Common = Pick<
  GraphQLResolveInfo,
  "schema" | "fragments" | "rootValue" | "operation" | "variableValues"
>;

/** A field that is selected at a place of a query. */
export interface Selected {
  /** Its name in the answer. */
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Its arguments; throws what GraphQL has against them. */
  readonly args: () => Record<string, unknown>;
}

/** The fields that are selected of an object type, in all of the nodes together. GraphQL: "Field Collection". */
export function selected(
  { schema, fragments, variableValues }: Common,
  type: GraphQLObjectType,
  nodes: readonly Pick<FieldNode, "selectionSet">[],
): Selected[] {
  const selections = nodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  const all = { kind: Kind.SELECTION_SET, selections } as const;
  const { fields } = collectFields(schema, fragments, variableValues, type, all);
  return [...fields].flatMap(([key, found]) => {
    const [node] = found;
    const definition = node && definitionOf(schema, type, node.name.value);
    if (!definition) return [];
    const args = argumentsOf(definition, node, variableValues);
    return [{ key, nodes: found, parentType: type, definition, args }];
  });
}

function definitionOf(
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

function argumentsOf(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Common["variableValues"],
): Selected["args"] {
  try {
    const args = getArgumentValues(definition, node, variables);
    return () => args;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
