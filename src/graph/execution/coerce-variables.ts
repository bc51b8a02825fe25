import { type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from "graphql";

/**
 * An operation's variables as resolvers know them: of their types, with defaults for those that are not given.
 * Undefined if one is wrong; GraphQL then refuses the operation, and tells of the first 50.
 */
export function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  inputs: Readonly<Record<string, unknown>> | null | undefined,
): Record<string, unknown> | undefined {
  return getVariableValues(schema, variableDefinitions, inputs ?? {}, { maxErrors: 0 }).coerced;
}
