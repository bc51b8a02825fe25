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
 * Replaces the context by the graph's own, with the admitted request added. Apollo Server copies the properties of a
 * context, which would break an object with private state, so that it gets a wrapper. Also sets a persisted document as
 * the request's query.
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
