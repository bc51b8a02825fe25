import type { ApolloServerPlugin } from "@apollo/server";
import type { ServerContext } from "./server-context.ts";

/**
 * Answers an operation that is only to be checked, once all checks have passed, without data. The plugin belongs before
 * those that execute operations.
 */
export const checkOnlyPlugin: ApolloServerPlugin<ServerContext> = {
  async requestDidStart() {
    return {
      async responseForOperation({ contextValue, response }) {
        if (!contextValue.checksOnly) return null;
        return { http: response.http, body: { kind: "single", singleResult: {} } };
      },
    };
  },
};
