import type { ApolloServerPlugin, GraphQLRequestListener } from "@apollo/server";
import { GraphQLError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { OperationHooks } from "../../graph/index.ts";
import type { ServerContext } from "../operation/server-context.ts";

type Hooks = OperationHooks<ServerContext>;

/**
 * Makes a plugin of hooks, which runs those of each place one after the other; Apollo Server starts those of all
 * plugins at once. What one refuses costs no other any work, and what one changes in a response is seen by the next.
 * What begins last ends first.
 */
export function runInOrder(hooks: readonly Hooks[]): ApolloServerPlugin<ServerContext> {
  const named = <K extends keyof Hooks>(place: K) => hooks.flatMap(({ [place]: hook }) => hook ?? []);
  const begins = named("requestDidStart");
  const parsing = named("parsingDidStart");
  const validation = named("validationDidStart");
  const resolved = named("didResolveOperation");
  const responses = named("responseForOperation");
  const execution = named("executionDidStart");
  const errors = named("didEncounterErrors");
  const sending = named("willSendResponse");
  const listener = {
    parsingDidStart: async (context) => startAll(parsing, context),
    validationDidStart: async (context) => startAll(validation, context),
    didResolveOperation: (context) => callAll(resolved, context).catch(throwAsBadRequest),
    async responseForOperation(context) {
      for (const respond of responses) {
        const response = respond(context);
        const known = response instanceof Promise ? await response : response;
        if (known) return known;
      }
      return null;
    },
    executionDidStart: async (context) => ({ executionDidEnd: startAll(execution, context) }),
    didEncounterErrors: (context) => callAll(errors, context),
    willSendResponse: (context) => callAll(sending, context),
  } satisfies GraphQLRequestListener<ServerContext>;
  return {
    async requestDidStart(context) {
      for (const begin of begins) begin(context);
      return listener;
    },
  };
}

async function callAll<C>(hooks: readonly ((context: C) => unknown)[], context: C): Promise<void> {
  for (const hook of hooks) {
    const done = hook(context);
    if (done instanceof Promise) await done;
  }
}

/** Returns what ends all that was begun. */
function startAll<C>(hooks: readonly ((context: C) => (() => void) | undefined)[], context: C) {
  const ends = hooks.map((hook) => hook(context)).reverse();
  return async () => {
    for (const end of ends) end?.();
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
