import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import type { DocumentNode } from "graphql";
import type { Config, Log } from "../config/index.ts";
import type { OperationRequest } from "../graph/index.ts";
import type { CountFailure } from "./access/auth-hook.ts";
import type { Authentication } from "./access/authentication.ts";
import type { ExecutedOperation } from "./apollo/operation-runner.ts";
import type { RouteHooks } from "./http/route-hooks.ts";
import type { KeptOperation } from "./observe/log-operation.ts";
import type { TableOptions } from "./observe/server-context.ts";
import type { Graph } from "./scope/graph.ts";
import type { OperationAnalyzer } from "./scope/operation-analysis.ts";

/** Executes an operation as `/graphql` does, by the same steps; `table` is set if its answer is a table. */
export type ExecuteOperation = (
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Omit<OperationRequest, "http">,
  table?: TableOptions,
) => Promise<ExecutedOperation>;

/** The parts of the server that routes stand on. */
export interface ServerParts {
  readonly config: Config;
  readonly graph: Graph;
  readonly analyzer: OperationAnalyzer;
  /** Parses and validates a document within the limits of all. Throws a GraphQLError. */
  readDocument(text: string): DocumentNode;
  readonly log: Log;
  /** Logs and counts a query that needed no execution. */
  readonly logKept: (request: FastifyRequest, operation: KeptOperation) => void;
  readonly authentication: Authentication;
  readonly countFailure: CountFailure;
  /** What limits every caller. */
  readonly rateHooks: readonly onRequestHookHandler[];
  /** The hooks of every route that executes operations. */
  readonly operationHooks: RouteHooks;
  readonly execute: ExecuteOperation;
}

/** Answers a request as a table if its Accept header prefers one; undefined if it is to be answered as JSON. */
export type AnswerAsTable = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply> | undefined;

/** Creates it. */
export type CreateTableAnswer = (parts: ServerParts) => AnswerAsTable;

/** Adds routes beside those of the core. */
export type AddRoutes = (app: FastifyInstance, parts: ServerParts) => void;
