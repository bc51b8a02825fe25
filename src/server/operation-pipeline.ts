import type { FastifyInstance, onRequestHookHandler } from "fastify";
import type { Config } from "../config/index.ts";
import type { ResolvedOperation, SingleResponse } from "../graph/index.ts";
import type { Leadership } from "../share/index.ts";
import type { BodyLimit } from "./admission/body-limit.ts";
import type { Places } from "./admission/places.ts";
import { waitForTurn } from "./admission/reports.ts";
import type { OperationRunner } from "./apollo/operation-runner.ts";
import { printAnswer, setStatusByMediaType } from "./apollo/print-answer.ts";
import type { StepLists } from "./apollo/steps.ts";
import { limitDocumentLength } from "./body/json-limits.ts";
import type { KnownDocuments } from "./document/known-documents.ts";
import { authorize, chooseCatalog, refuseEnded } from "./gate/authorization.ts";
import { limitSize } from "./gate/operation-limits.ts";
import { ignoreBasic } from "./http/cross-origin.ts";
import { revalidate } from "./http/private-cache.ts";
import { type RequestHook, type RouteHooks, throttled } from "./http/route-hooks.ts";
import type { ChosenContentTypes } from "./kept/chosen-content-type.ts";
import type { KeptAnswers } from "./kept/kept-answers.ts";
import { findKept, sendKept } from "./kept/send-kept.ts";
import { explainKept, storeAnswer } from "./kept/store-answer.ts";
import type { EndedRequests } from "./observe/ended-requests.ts";
import { logAnswered, type Observers } from "./observe/log-operation.ts";
import type { ServerContext } from "./observe/server-context.ts";
import { leadToStartPage, type StartPage } from "./page/page-routes.ts";
import { type InterruptedRequests, noteInterrupted } from "./peer/interrupted-requests.ts";
import type { LocalMutations } from "./peer/local-mutations.ts";
import type { Peers } from "./peer/peers.ts";
import type { Graph } from "./scope/graph.ts";
import type { OperationAnalyzer } from "./scope/operation-analysis.ts";
import type { AnswerAsTable } from "./server-parts.ts";

/** The parts of the server that the steps use. */
interface StepParts extends Observers {
  readonly config: Config;
  readonly graph: Graph;
  readonly analyzer: OperationAnalyzer;
  readonly answers: KeptAnswers;
  readonly mutations: LocalMutations;
  readonly interrupted: InterruptedRequests;
  readonly endedRequests: EndedRequests;
  /** With several processes only. */
  readonly leadership: Leadership | undefined;
}

/**
 * The steps of an operation, from its request to the sent answer. A new step is a new line here.
 *
 * 1. `receiveRequests`: Fastify asks who sends the request, receives it, and finds its place.
 * 2. `addGraphqlRoute`: what is sent to `/graphql` may be a table, or have been answered before. Reports, webhooks,
 *    tables and streams hand their operations to the same runner, streams again whenever the answer has changed.
 * 3. The runner finds the document: one that was judged before is known; for any other, Apollo Server parses it within
 *    MAX_TOKENS, finds it too large before it validates it, and validates it. Nothing else walks it until then.
 * 4. `judge`, `answer`, `write`, `complete`: the runner runs them for a query whose document is known, and Apollo
 *    Server for all else, around its own work. Refused operations are completed, too.
 */
export const operationSteps: StepLists<StepParts> = {
  /** Whether the operation may run: each throws to refuse it. Nothing is read before all have passed. */
  judge: [
    /** An operation that has ended a process: LIMIT_EXCEEDED. */
    refuseEnded,
    /** Its variables, depth and repetitions: LIMIT_EXCEEDED. */
    limitSize,
    /** Leaves malformed values of a write to the write, which reports them in one answer. */
    (operation, { graph }) => graph.prepare?.(operation),
    /** Scopes and secrets: FORBIDDEN. */
    authorize,
    /** The list that becomes the rows of a table: BAD_USER_INPUT. */
    chooseRows,
    /** Its arguments: BAD_USER_INPUT. Fixes its cut-offs. */
    (operation, { graph }) => graph.begin(operation),
    /** A leader that leaves waits only for mutations. */
    releaseQuery,
    /** A report waits for its slot: OVERLOADED. */
    waitForTurn,
    /** Selects another catalog, if requested. */
    chooseCatalog,
  ],
  /** Answers the operation. The first response wins; without one, graphql-js executes the operation. */
  answer: [
    /** Operations that are only judged. */
    answerUnexecuted,
    /** Queries. */
    (operation, { graph }) => graph.execute(operation),
  ],
  /**
   * Around the execution of a mutation: whether the process waits for it before it ends, and before it leaves
   * the lead.
   */
  write: [
    ({ contextValue }) => contextValue.admittedRequest.audit.beginWrites(),
    ({ contextValue }, { mutations }) => mutations.begin(contextValue.httpRequest),
  ],
  /** Handles the response, or the refusal. */
  complete: [
    /** Adds `extensions.alma` and errors about partial data. */
    (operation, { graph }) => graph.complete(operation),
    /** Answers a mutation once all processes know what it changed. */
    ({ contextValue, operation }, { graph }) =>
      operation?.operation === "mutation" ? graph.whenKnown?.(contextValue) : undefined,
    explainKept,
    /** Prints the text; one that is too long becomes an error: LIMIT_EXCEEDED. */
    printAnswer,
    logAnswered,
    /** Leaves requests to the next leader that this process, no longer the leader, cannot answer. */
    noteInterrupted,
    /** Keeps the answer for reuse, or lets its caller store it. */
    storeAnswer,
  ],
};

/** The hooks of operations, uploads and streams, in order. Each may answer the request. */
export function receiveRequests({ keyHook, rateHooks, bodyLimit, peers, places }: ReceivingParts) {
  /** Authentication and rate: 401, 429, 503. */
  const onRequest = [ignoreBasic, keyHook, ...rateHooks];
  const operations: RouteHooks = {
    config: throttled,
    onRequest,
    /** The body: 408, 413, 503. If another process leads, that one answers. */
    preParsing: [bodyLimit.whole, ...(peers ? [peers.hooks.whole] : [])],
    /** A place among concurrent operations: 503. */
    preValidation: places.take,
  };
  /** They don't occupy slots, but have their own queue. */
  const uploads: RouteHooks = {
    config: throttled,
    onRequest,
    preParsing: [bodyLimit.streamed, ...(peers ? [peers.hooks.streamed] : [])],
  };
  /** They don't occupy operation slots. */
  const streams: RouteHooks = {
    config: { ...throttled, isReadOnly: true },
    onRequest,
    preParsing: [bodyLimit.whole, ...(peers ? [peers.hooks.whole] : [])],
  };
  return { operations, uploads, streams };
}

interface ReceivingParts {
  readonly keyHook: RequestHook;
  readonly rateHooks: readonly onRequestHookHandler[];
  readonly bodyLimit: BodyLimit;
  readonly peers: Peers | undefined;
  readonly places: Places;
}

/** Adds `/graphql`. */
export function addGraphqlRoute(
  app: FastifyInstance,
  hooks: RouteHooks,
  parts: GraphqlParts,
  runner: OperationRunner,
  answerAsTable: AnswerAsTable | undefined,
): void {
  const { config, contentTypes, knownDocuments, startPage } = parts;
  app.route({
    method: ["GET", "POST"],
    url: "/graphql",
    ...hooks,
    config: { ...hooks.config, about: "GraphQL, by POST or GET" },
    onRequest: [...(startPage ? [leadToStartPage] : []), ...hooks.onRequest],
    /** A document that is far too long, or not a known one: 400. */
    preHandler: [limitDocumentLength(config.maxTokens), ...(knownDocuments ? [knownDocuments.hook] : [])],
    onSend: (request, reply, body, done) => {
      setStatusByMediaType(reply, body);
      done(null, revalidate(request, reply, body));
    },
    handler: (request, reply) => {
      // A request that was answered with JSON before asks for no table.
      const table = contentTypes.find(request) === undefined ? answerAsTable?.(request, reply) : undefined;
      if (table) return table;
      const kept = findKept(request, parts);
      return kept ? sendKept(kept, request, reply, parts) : runner.answer(request, reply);
    },
  });
}

interface GraphqlParts extends Observers {
  readonly config: Config;
  readonly answers: KeptAnswers;
  readonly contentTypes: ChosenContentTypes;
  readonly knownDocuments: KnownDocuments | undefined;
  readonly startPage: StartPage | undefined;
}

function chooseRows(operation: ResolvedOperation<ServerContext>): void {
  const { contextValue } = operation;
  contextValue.rows = contextValue.table?.chooseRows(operation);
}

function releaseQuery(
  { operation, contextValue }: ResolvedOperation<ServerContext>,
  { mutations }: Pick<StepParts, "mutations">,
): void {
  if (operation.operation !== "mutation") mutations.release(contextValue.httpRequest);
}

function answerUnexecuted({
  contextValue,
  response: { http },
}: ResolvedOperation<ServerContext>): SingleResponse | undefined {
  return contextValue.table?.checksOnly ? { http, body: { kind: "single", singleResult: {} } } : undefined;
}
