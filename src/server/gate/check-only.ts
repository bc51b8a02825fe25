import type { OperationHooks } from "../../graph/index.ts";
import type { ServerContext } from "./server-context.ts";

/**
 * Answers an operation that is only to be checked, once all checks have passed, without data. These hooks belong before
 * those that execute operations.
 */
export const checkOnlyHooks: OperationHooks<ServerContext> = {
  responseForOperation({ contextValue, response }) {
    if (!contextValue.checksOnly) return null;
    return { http: response.http, body: { kind: "single", singleResult: {} } };
  },
};
