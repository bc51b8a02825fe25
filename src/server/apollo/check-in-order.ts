import type { ApolloServerPlugin, GraphQLRequestContextDidResolveOperation } from "@apollo/server";
import { GraphQLError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { ServerContext } from "./server-context.ts";

type Resolved = GraphQLRequestContextDidResolveOperation<ServerContext>;

/**
 * Makes the checks of plugins before an execution run one after the other: what one refuses costs no other any work.
 * Apollo Server starts all of them at once.
 */
export function checkInOrder(
  plugins: readonly ApolloServerPlugin<ServerContext>[],
): ApolloServerPlugin<ServerContext>[] {
  const earlierChecks = new WeakMap<Resolved, Promise<void>>();
  return plugins.map((plugin) => ({
    ...plugin,
    async requestDidStart(requestContext) {
      const listener = await plugin.requestDidStart?.(requestContext);
      const check = listener?.didResolveOperation;
      if (!check) return listener;
      return {
        ...listener,
        didResolveOperation(resolved) {
          const earlier = earlierChecks.get(resolved) ?? Promise.resolve();
          const checked = earlier.then(() => check(resolved)).catch(throwAsBadRequest);
          earlierChecks.set(resolved, checked);
          return checked;
        },
      };
    },
  }));
}

/** Nothing was executed. For the error of a limit, Apollo Server would answer with status 500. */
function throwAsBadRequest(error: unknown): never {
  if (!(error instanceof AlmaError) || error.limit === undefined) throw error;
  throw new GraphQLError(error.message, {
    originalError: error,
    extensions: { http: { status: 400 } },
  });
}
