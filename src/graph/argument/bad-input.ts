import { type ASTNode, GraphQLError } from "graphql";

/**
 * The error for an invalid argument, with the code `BAD_USER_INPUT`. `extensions.argument` is the dotted path of the
 * argument as the caller wrote it: `first`, `filter.goalRentCost.gte`, `filter.and.1.name` (indexes count from 0). The
 * path also begins the message, which says what was sent, what is allowed and what to do.
 */
export function badInput(argument: string, message: string, node?: ASTNode): GraphQLError {
  return new GraphQLError(`${argument}: ${message}`, {
    nodes: node,
    extensions: { code: "BAD_USER_INPUT", argument },
  });
}
