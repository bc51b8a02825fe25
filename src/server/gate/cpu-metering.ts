import type { OperationHooks } from "../../graph/index.ts";
import type { ServerContext } from "./server-context.ts";

/** Charges an operation for parsing and validating its document, which graphql-js does without a pause. */
export const cpuMeteringHooks: OperationHooks<ServerContext> = {
  parsingDidStart: ({ contextValue }) => contextValue.admittedRequest.meter.begin("parsing the document"),
  validationDidStart: ({ contextValue }) =>
    contextValue.admittedRequest.meter.begin("validating the document"),
};
