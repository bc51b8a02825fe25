import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import { Explanation } from "../../catalog/index.ts";
import { readDirective } from "../execution/operation-info.ts";

/** The explanation that `@explain` on an operation asks for; undefined without the directive. */
export function readExplain(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variableInput: Readonly<Record<string, unknown>> | undefined,
): Explanation | undefined {
  const values = readDirective(schema, operation, variableInput, "explain");
  return values && new Explanation(values.data !== true);
}
