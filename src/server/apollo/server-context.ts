import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import type { AdmittedRequest } from "../observe/admitted-request.ts";

/** The context of every resolver and plugin: the graph's own context, with the request that the operation came in. */
export interface ServerContext {
  readonly admittedRequest: AdmittedRequest;
}

/** What Apollo Server receives as the context of an operation; `unwrapContextPlugin` replaces it. */
export interface WrappedContext {
  readonly graphContext: object;
  readonly admittedRequest: AdmittedRequest;
  /** The persisted document to run in place of whatever text the request has. */
  readonly document: string | null;
}

/**
 * Puts the graph's own context, with the operation on it, in the place of Apollo's copy. Apollo copies the properties
 * of what it is given, and an object with private state would not survive that. A persisted document becomes the
 * request's query.
 */
export const unwrapContextPlugin: ApolloServerPlugin<ServerContext> = {
  async requestDidStart(context: { contextValue: unknown; request: GraphQLRequest }) {
    const { graphContext, admittedRequest, document } = context.contextValue as WrappedContext;
    context.contextValue = Object.assign(graphContext, { admittedRequest });
    if (document === null) return;
    const { persistedQuery: _, ...extensions } = context.request.extensions ?? {};
    Object.assign(context.request, { query: document, extensions });
  },
};
