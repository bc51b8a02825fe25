import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLResolveInfo } from "graphql";
import type { Path } from "../output/path.ts";
import type { CollectedField } from "./collect-fields.ts";
import type { OperationInfo } from "./operation-info.ts";

/** The resolver of a field. */
export const resolverOf = ({
  definition,
}: Pick<CollectedField, "definition">): GraphQLFieldResolver<unknown, unknown> =>
  definition.resolve ?? defaultFieldResolver;

/** What the resolver of a field is told. */
export function infoOf(
  { schema, fragments, rootValue, operation, variableValues }: OperationInfo,
  { nodes, parentType, definition }: Pick<CollectedField, "nodes" | "parentType" | "definition">,
  path: Path,
): GraphQLResolveInfo {
  // No spread: this runs once for each value of the answer.
  return {
    fieldName: definition.name,
    fieldNodes: nodes,
    returnType: definition.type,
    parentType,
    path,
    schema,
    fragments,
    rootValue,
    operation,
    variableValues,
  };
}
