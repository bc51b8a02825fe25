import type { ApolloServerPlugin } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";
import type { Config } from "../../config.ts";
import { largestPageSize, type OperationAnalyzer } from "../access/operation-analysis.ts";
import { createErrorBody } from "../http/error-response.ts";
import { isRequestClosed, onRequestClosed } from "../http/request-closed.ts";
import type { ServerContext } from "./server-context.ts";

/** An operation that asks for a larger page is a report. */
const reportPageSize = 200;
/** Seconds. */
const retryAfter = 1;

/** Limits the operations that run at once, and how many of them are reports. */
export interface ConcurrencyLimit {
  readonly runningOperations: number;
  readonly runningReports: number;
  /** A Fastify hook that answers 503, before the body is read, while the maximum of operations is running. */
  admit(request: FastifyRequest, reply: FastifyReply, done: () => void): void;
  /** Refuses reports beyond their own maximum, so that other operations still run. */
  plugin(analyzer: OperationAnalyzer): ApolloServerPlugin<ServerContext>;
}

export function createConcurrencyLimit({ maxOperations, maxReports }: Config): ConcurrencyLimit {
  let runningOperations = 0;
  let runningReports = 0;
  return {
    get runningOperations() {
      return runningOperations;
    },
    get runningReports() {
      return runningReports;
    },
    admit(request, reply, done) {
      // The caller may have disconnected while its token was verified.
      if (isRequestClosed(request, reply)) return;
      if (runningOperations >= maxOperations) {
        const message = `The gateway is busy with ${runningOperations} operations (MAX_OPERATIONS). Try again in ${retryAfter} s.`;
        reply.code(503).header("retry-after", retryAfter).send(createErrorBody("OVERLOADED", message));
        return;
      }
      runningOperations += 1;
      onRequestClosed(request, reply, () => {
        runningOperations -= 1;
      });
      done();
    },
    plugin: (analyzer) => ({
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
    }),
  };
}

function tooManyReports(reports: number): GraphQLError {
  const message =
    `The gateway is busy with ${reports} operations that ask for pages of more than ${reportPageSize} records ` +
    `(MAX_REPORTS). Try again in ${retryAfter} s, or ask for smaller pages.`;
  return new GraphQLError(message, { extensions: { code: "OVERLOADED", http: { status: 503 } } });
}
