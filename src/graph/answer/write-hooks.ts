import type { WriteContext } from "../write/write-context.ts";
import type { OperationHooks } from "./operation-hooks.ts";

/** Holds the answer of a mutation back until every process that may answer knows what the mutation has changed. */
export const writeHooks: OperationHooks<WriteContext> = {
  willSendResponse({ contextValue, operation }) {
    return operation?.operation === "mutation" ? contextValue.services.journal.whenKnown?.() : undefined;
  },
};
