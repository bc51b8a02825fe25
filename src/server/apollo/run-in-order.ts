import type { ApolloServerPlugin, GraphQLRequestListener } from "@apollo/server";
import { GraphQLError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { ServerContext } from "../operation/server-context.ts";

type Plugin = ApolloServerPlugin<ServerContext>;
type Listener = GraphQLRequestListener<ServerContext>;

/**
 * Makes one plugin of those that listen to requests, which runs them one after the other; Apollo Server starts all of
 * them at once, and waits for all of them at each of its hooks, also for those that have none. What one refuses costs
 * no other any work, and what one changes in a response is seen by the next.
 */
export function runInOrder(plugins: readonly Plugin[]): Plugin[] {
  const requestPlugins = plugins.filter(({ requestDidStart }) => requestDidStart);
  const combined: Plugin = {
    async requestDidStart(context) {
      const listeners: Listener[] = [];
      for (const plugin of requestPlugins) {
        const listener = await plugin.requestDidStart?.(context);
        if (listener) listeners.push(listener);
      }
      return combine(listeners);
    },
  };
  return [combined, ...plugins.filter(({ requestDidStart }) => !requestDidStart)];
}

/** What a listener returns for something that begins: it is called when that ends. */
type End<E> = (error?: E) => Promise<void>;

function combine(listeners: readonly Listener[]): Listener {
  const callAll = async (call: (listener: Listener) => Promise<void> | undefined): Promise<void> => {
    for (const listener of listeners) {
      const called = call(listener);
      if (called) await called;
    }
  };
  const startAll = async <E>(start: (listener: Listener) => Promise<unknown> | undefined) => {
    const ends: End<E>[] = [];
    await callAll(async (listener) => {
      const end = await start(listener);
      if (typeof end === "function") ends.unshift(end as End<E>);
    });
    return async (error?: E) => {
      for (const end of ends) await end(error);
    };
  };
  const combined = {
    parsingDidStart: (context) => startAll((listener) => listener.parsingDidStart?.(context)),
    validationDidStart: (context) => startAll((listener) => listener.validationDidStart?.(context)),
    didResolveOperation: (context) =>
      callAll((listener) => listener.didResolveOperation?.(context)).catch(throwAsBadRequest),
    async responseForOperation(context) {
      for (const { responseForOperation } of listeners) {
        const response = responseForOperation && (await responseForOperation(context));
        if (response) return response;
      }
      return null;
    },
    async executionDidStart(context) {
      const executionDidEnd = await startAll<Error>(async (listener) => {
        const execution = await listener.executionDidStart?.(context);
        return execution && (async (error?: Error) => execution.executionDidEnd?.(error));
      });
      return { executionDidEnd };
    },
    didEncounterErrors: (context) => callAll((listener) => listener.didEncounterErrors?.(context)),
    willSendResponse: (context) => callAll((listener) => listener.willSendResponse?.(context)),
  } satisfies Listener;
  for (const listener of listeners)
    for (const hook in listener)
      if (!(hook in combined)) throw new Error(`A plugin listens to ${hook}, which runInOrder does not run.`);
  return combined;
}

/** Nothing was executed. For the error of a limit, Apollo Server would answer with status 500. */
function throwAsBadRequest(error: unknown): never {
  if (!(error instanceof AlmaError) || error.limit === undefined) throw error;
  throw new GraphQLError(error.message, {
    originalError: error,
    extensions: { http: { status: 400 } },
  });
}
