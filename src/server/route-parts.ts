import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { DocumentNode, GraphQLSchema } from "graphql";
import type { Uploads } from "../alma/index.ts";
import type { Config, Log } from "../config/index.ts";
import type { Graph, OperationRequest, StopSignal } from "../graph/index.ts";
import type { Leadership } from "../share/index.ts";
import type { Authentication } from "./access/authentication.ts";
import type { BrowserHooks } from "./access/browser-hooks.ts";
import type { FilesOf } from "./apollo/operation-context.ts";
import type { ExecutedOperation } from "./apollo/operation-runner.ts";
import type { KnownDocuments } from "./document/known-documents.ts";
import { type DocumentLimits, readDocument } from "./gate/document-size-rule.ts";
import type { RequestHook, RouteHooks } from "./http/route-hooks.ts";
import type { InternalRequest } from "./observe/admitted-request.ts";
import type { CachedOperation } from "./observe/log-operation.ts";
import type { TableOptions } from "./observe/server-context.ts";
import type { StartPage } from "./page/page-routes.ts";
import { createOperationAnalyzer, type OperationAnalyzer } from "./scope/operation-analysis.ts";

/** Executes an operation by the same steps as `/graphql`. `table`: set if its answer is a table. */
export type ExecuteOperation = (
  request: FastifyRequest,
  reply: FastifyReply,
  operationRequest: Omit<OperationRequest, "http">,
  table?: TableOptions,
) => Promise<ExecutedOperation>;

/** Executes an operation without an HTTP request, or with a shared answer, by the same steps. */
export type ExecuteInternally = (
  request: InternalRequest,
  operationRequest: OperationRequest,
  table?: TableOptions,
) => Promise<ExecutedOperation>;

/** Checks documents of the gateway itself. */
export interface DocumentRules {
  readonly schema: GraphQLSchema;
  readonly analyzer: OperationAnalyzer;
  /** Parses and validates a document within the usual limits. Throws a GraphQLError. */
  readDocument(text: string): DocumentNode;
}

/** Creates the rules. */
export const createDocumentRules = (schema: GraphQLSchema, limits: DocumentLimits): DocumentRules => ({
  schema,
  analyzer: createOperationAnalyzer(schema),
  readDocument: (text) => readDocument(text, schema, limits),
});

/** A write outside GraphQL in progress. */
interface AdmittedWrite {
  readonly callerId: string;
  /** Aborted at the deadline and when the caller disconnects. */
  readonly signal: StopSignal;
  /** Records its outcome in the audit log. */
  record(outcome: string, codes: readonly string[]): void;
  end(): void;
}

/** Admits a request that writes outside GraphQL; `mutation` identifies it in the audit log. */
type AdmitWrite = (request: FastifyRequest, reply: FastifyReply, mutation: string) => AdmittedWrite;

/** The parts of the server that routes use. */
export interface RouteParts extends DocumentRules {
  readonly config: Config;
  /** Whether GraphQL explorers can run queries: the schema is readable, and any document is accepted. */
  readonly isExplorable: boolean;
  readonly graph: Graph;
  readonly log: Log;
  /** Logs and counts a query answered from the response cache. */
  readonly logCached: (request: FastifyRequest, operation: CachedOperation) => void;
  readonly authentication: Authentication;
  /** The hooks of routes opened in browsers. */
  readonly browserHooks: BrowserHooks;
  /** The hooks of every route that executes operations. */
  readonly operationHooks: RouteHooks;
  /** The hooks of routes whose responses stay open. They occupy no operation slots. */
  readonly streamHooks: RouteHooks;
  /** Returns what sends files to Alma now. */
  readonly uploads: () => Uploads;
  /** The hooks of routes with large bodies. They occupy no operation slots. */
  readonly uploadHooks: RouteHooks;
  readonly admitWrite: AdmitWrite;
  /** A hook before the handler that finds the document named by a request, or refuses the request. */
  readonly documentHook: RequestHook | undefined;
  readonly execute: ExecuteOperation;
  readonly executeInternally: ExecuteInternally;
  /** Knows the leader; set only with several processes. */
  readonly leadership: Leadership | undefined;
}

/** Functions that answer queries at `/graphql` as tables, by media type. */
export type TableAnswers = ReadonlyMap<
  string,
  (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>
>;

/** The ports of the server. One that no capability provides does nothing. */
export interface ServerPorts {
  /** Creates the links to files in the answer to a request; without it, files are shown as Alma reports them. */
  readonly filesOf?: FilesOf;
  /** Documents that callers request by id. */
  readonly knownDocuments?: KnownDocuments;
  /** The page at `/` in a browser; without it, browsers get the text for programs. */
  readonly startPage?: StartPage;
  /** Answers queries at `/graphql` as tables. */
  readonly tableAnswers?: (parts: RouteParts) => TableAnswers;
}

/** Adds routes to those of the core. */
export type AddRoutes = (app: FastifyInstance, parts: RouteParts) => void | Promise<void>;
