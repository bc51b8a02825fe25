import type { ApolloServerPlugin } from "@apollo/server";
import type { WriteContext } from "./write/write-context.ts";

/** Holds the answer of a mutation back until every process that may answer knows what the mutation has changed. */
export const writePlugin: ApolloServerPlugin<WriteContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ contextValue, operation }) {
        if (operation?.operation === "mutation") await contextValue.services.journal.whenKnown?.();
      },
    };
  },
};
