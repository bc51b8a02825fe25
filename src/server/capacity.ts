import type { ApolloServerPlugin } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";
import type { Config } from "../config.ts";
import type { Served } from "./graphql.ts";
import { isOver, whenOver } from "./over.ts";
import { refusal } from "./refusal.ts";
import { largestPage } from "./survey.ts";
import type { Surveyor } from "./surveyor.ts";

/** An operation that asks for a page of more records than this is a report. */
const reportPage = 200;
/** Seconds after which to try again. */
const retryAfter = 1;

/** How many operations are under way, and how many of them are reports. */
export interface Capacity {
  readonly operations: number;
  readonly reports: number;
  /** Lets an operation in, or answers it with 503: the newest gives way, before its body is read. A fastify hook. */
  enter(request: FastifyRequest, reply: FastifyReply, done: () => void): void;
  /** Keeps reports from taking every place: screens go on while reports have to wait. */
  plugin(surveyor: Surveyor): ApolloServerPlugin<Served>;
}

export function createCapacity({ maxOperations, maxReports }: Config): Capacity {
  let operations = 0;
  let reports = 0;
  return {
    get operations() {
      return operations;
    },
    get reports() {
      return reports;
    },
    enter(request, reply, done) {
      // Who left while its token was checked waits for no answer.
      if (isOver(request, reply)) return;
      if (operations >= maxOperations) {
        const message = `The gateway is busy with ${operations} operations (MAX_OPERATIONS). Try again in ${retryAfter} s.`;
        reply.code(503).header("retry-after", retryAfter).send(refusal("OVERLOADED", message));
        return;
      }
      operations += 1;
      whenOver(request, reply, () => {
        operations -= 1;
      });
      done();
    },
    plugin: (surveyor) => ({
      async requestDidStart() {
        return {
          async didResolveOperation({ document, operation, request, response, contextValue }) {
            if (!operation) return;
            const { pages } = surveyor.survey(document, operation);
            if (largestPage(pages, request.variables ?? {}) <= reportPage) return;
            if (reports >= maxReports) {
              response.http.headers.set("retry-after", String(retryAfter));
              throw tooManyReports(reports);
            }
            reports += 1;
            contextValue.operation.whenOver(() => {
              reports -= 1;
            });
          },
        };
      },
    }),
  };
}

function tooManyReports(reports: number): GraphQLError {
  const message =
    `The gateway is busy with ${reports} operations that ask for pages of more than ${reportPage} records ` +
    `(MAX_REPORTS). Try again in ${retryAfter} s, or ask for smaller pages.`;
  return new GraphQLError(message, { extensions: { code: "OVERLOADED", http: { status: 503 } } });
}
