import type { ApolloServerPlugin, GraphQLRequestListener } from "@apollo/server";
import { GraphQLError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { ServerContext } from "../gate/server-context.ts";
import type { HooksInOrder } from "./hooks-in-order.ts";

/** Has Apollo Server run the hooks. What was checked before it got the operation is not checked again. */
export function hooksPlugin(hooks: HooksInOrder): ApolloServerPlugin<ServerContext> {
  const listener = {
    parsingDidStart: async (context) => hooks.startParsing(context),
    validationDidStart: async (context) => hooks.startValidation(context),
    async didResolveOperation(context) {
      const { checked } = context.contextValue;
      if (checked?.refusal) throwAsBadRequest(checked.refusal);
      if (!checked) await hooks.check(context).catch(throwAsBadRequest);
    },
    responseForOperation: (context) => hooks.respond(context),
    executionDidStart: async (context) => ({ executionDidEnd: hooks.startExecution(context) }),
    didEncounterErrors: (context) => hooks.noteErrors(context),
    willSendResponse: (context) => hooks.send(context),
  } satisfies GraphQLRequestListener<ServerContext>;
  return {
    async requestDidStart(context) {
      hooks.begin(context);
      return listener;
    },
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
