import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import type { Config, Log } from "../config/index.ts";
import type { CountFailure } from "./access/auth-hook.ts";
import type { Authentication } from "./access/authentication.ts";
import type { OperationRouteHooks } from "./gate/operation-route.ts";
import type { ExecuteTable } from "./gate/table-operation.ts";
import type { Graph } from "./scope/graph.ts";
import type { OperationAnalyzer } from "./scope/operation-analysis.ts";

/** The parts of the server that reports stand on. */
export interface ServerParts {
  readonly config: Config;
  readonly graph: Graph;
  readonly analyzer: OperationAnalyzer;
  readonly log: Log;
  readonly authentication: Authentication;
  readonly countFailure: CountFailure;
  /** What limits every caller. */
  readonly rateHooks: readonly onRequestHookHandler[];
  readonly operationHooks: OperationRouteHooks;
  readonly execute: ExecuteTable;
}

/** Answers a request as a table if its Accept header prefers one; undefined if it is to be answered as JSON. */
export type AnswerAsTable = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply> | undefined;

/** Adds the routes of reports; returns what answers queries at `/graphql` as tables. */
export type AddReports = (app: FastifyInstance, parts: ServerParts) => AnswerAsTable;
