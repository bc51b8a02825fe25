import type { ApolloServerPlugin } from "@apollo/server";
import type { Served } from "./graphql.ts";
import type { Operation } from "./operation.ts";

/** What is given to Apollo as the context of an operation. */
export interface Wrapped {
  readonly graph: object;
  readonly operation: Operation;
}

/**
 * Puts the graph's own context, with the operation on it, in the place of Apollo's copy. Apollo copies the properties
 * of what it is given, and an object with private state would not survive that.
 */
export const unwrap: ApolloServerPlugin<Served> = {
  async requestDidStart(request: { contextValue: unknown }) {
    const { graph, operation } = request.contextValue as Wrapped;
    request.contextValue = Object.assign(graph, { operation });
  },
};
