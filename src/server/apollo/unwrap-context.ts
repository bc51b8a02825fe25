import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import type { TrackedRequest } from "../observe/tracked-request.ts";
import type { ServerContext } from "./apollo-server.ts";

/** What is given to Apollo as the context of an operation. */
export interface WrappedContext {
  readonly graphContext: object;
  readonly trackedRequest: TrackedRequest;
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
    const { graphContext, trackedRequest, document } = context.contextValue as WrappedContext;
    context.contextValue = Object.assign(graphContext, { trackedRequest });
    if (document === null) return;
    const { persistedQuery: _, ...extensions } = context.request.extensions ?? {};
    Object.assign(context.request, { query: document, extensions });
  },
};
