import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import type { Served } from "./graphql.ts";
import type { Operation } from "./operation.ts";

/** What is given to Apollo as the context of an operation. */
export interface Wrapped {
  readonly graph: object;
  readonly operation: Operation;
  /** The persisted document to run in place of whatever text the request has. */
  readonly document: string | null;
}

/**
 * Puts the graph's own context, with the operation on it, in the place of Apollo's copy. Apollo copies the properties
 * of what it is given, and an object with private state would not survive that. A persisted document becomes the
 * request's query.
 */
export const unwrap: ApolloServerPlugin<Served> = {
  async requestDidStart(context: { contextValue: unknown; request: GraphQLRequest }) {
    const { graph, operation, document } = context.contextValue as Wrapped;
    context.contextValue = Object.assign(graph, { operation });
    if (document === null) return;
    const { persistedQuery: _, ...extensions } = context.request.extensions ?? {};
    Object.assign(context.request, { query: document, extensions });
  },
};
