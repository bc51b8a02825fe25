import type { ApolloServerPlugin } from "@apollo/server";
import type { ServerContext } from "./server-context.ts";

/** Charges an operation for parsing and validating its document, which graphql-js does without a pause. */
export const cpuMeteringPlugin: ApolloServerPlugin<ServerContext> = {
  async requestDidStart({ contextValue }) {
    const charge = (cost: string) => async () => {
      const end = contextValue.admittedRequest.meter.begin(cost);
      return async () => end();
    };
    return {
      parsingDidStart: charge("parsing the document"),
      validationDidStart: charge("validating the document"),
    };
  },
};
