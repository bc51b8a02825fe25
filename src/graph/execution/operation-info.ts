import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from "graphql";

/** The part of GraphQLResolveInfo that is the same for every field of an operation. */
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

/**
 * The variables of an operation, coerced to their types and with defaults. Undefined if a variable is invalid:
 * graphql-js then refuses the operation, with an error for each. GraphQL: "Coercing Variable Values".
 */
export function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  inputs: Readonly<Record<string, unknown>> | null | undefined,
): Record<string, unknown> | undefined {
  return getVariableValues(schema, variableDefinitions, inputs ?? {}, { maxErrors: 0 }).coerced;
}
