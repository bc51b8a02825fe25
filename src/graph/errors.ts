import { type ASTNode, GraphQLError } from "graphql";

/**
 * The refusal of what a caller sent: code `BAD_USER_INPUT`, and in `extensions.argument` the dotted path of the
 * argument as the caller wrote it (`first`, `filter.goalRentCost.gte`, `filter.and.1.name`; numbers count from 0).
 * The message says what was sent, what is true and what to do; the argument is put before it.
 */
export function badInput(argument: string, message: string, node?: ASTNode): GraphQLError {
  return new GraphQLError(`${argument}: ${message}`, {
    nodes: node,
    extensions: { code: "BAD_USER_INPUT", argument },
  });
}
