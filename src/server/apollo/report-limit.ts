import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { Config } from "../../config.ts";
import { largestPageSize, type OperationAnalyzer } from "../access/operation-analysis.ts";
import type { ServerContext } from "./server-context.ts";

/** An operation that asks for a larger page is a report. */
const reportPageSize = 200;
/** Seconds. */
const retryAfter = 1;

/** Refuses reports beyond MAX_REPORTS, so that other operations still run. */
export function reportLimitPlugin(
  { maxReports }: Config,
  analyzer: OperationAnalyzer,
): ApolloServerPlugin<ServerContext> {
  let runningReports = 0;
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request, response, contextValue }) {
          if (!operation) return;
          const analysis = analyzer.analyze(document, operation);
          if (largestPageSize(analysis, request.variables ?? {}) <= reportPageSize) return;
          if (runningReports >= maxReports) {
            response.http.headers.set("retry-after", String(retryAfter));
            throw tooManyReports(runningReports);
          }
          runningReports += 1;
          contextValue.admittedRequest.onClosed(() => {
            runningReports -= 1;
          });
        },
      };
    },
  };
}

function tooManyReports(reports: number): GraphQLError {
  const message =
    `The gateway is busy with ${reports} operations that ask for pages of more than ${reportPageSize} records ` +
    `(MAX_REPORTS). Try again in ${retryAfter} s, or ask for smaller pages.`;
  return new GraphQLError(message, { extensions: { code: "OVERLOADED", http: { status: 503 } } });
}
