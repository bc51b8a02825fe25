import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { ServerContext } from "./server-context.ts";

/**
 * Makes plugins run one after the other before an execution and before a response is sent; Apollo Server starts all of
 * them at once. What one refuses costs no other any work, and what one changes in a response is seen by the next.
 */
export function runInOrder(
  plugins: readonly ApolloServerPlugin<ServerContext>[],
): ApolloServerPlugin<ServerContext>[] {
  const checks = createChain();
  const finishers = createChain();
  return plugins.map((plugin) => ({
    ...plugin,
    async requestDidStart(requestContext) {
      const listener = await plugin.requestDidStart?.(requestContext);
      if (!listener) return listener;
      const { didResolveOperation: check, willSendResponse: finish } = listener;
      return {
        ...listener,
        ...(check && {
          didResolveOperation: (resolved) => checks(resolved, () => check(resolved)).catch(throwAsBadRequest),
        }),
        ...(finish && { willSendResponse: (sent) => finishers(sent, () => finish(sent)) }),
      };
    },
  }));
}

/** Runs functions of one request after each other. After one that fails, no other is run. */
function createChain(): (request: object, run: () => Promise<void>) => Promise<void> {
  const last = new WeakMap<object, Promise<void>>();
  return (request, run) => {
    const earlier = last.get(request);
    const done = earlier ? earlier.then(run) : run();
    last.set(request, done);
    return done;
  };
}

/** Nothing was executed. For the error of a limit, Apollo Server would answer with status 500. */
function throwAsBadRequest(error: unknown): never {
  if (!(error instanceof AlmaError) || error.limit === undefined) throw error;
  throw new GraphQLError(error.message, {
    originalError: error,
    extensions: { http: { status: 400 } },
  });
}
