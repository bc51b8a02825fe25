import type { FastifyInstance, onRequestHookHandler } from "fastify";
import type { Config } from "../config/index.ts";
import type { Graph, ResolvedOperation, SingleResponse } from "../graph/index.ts";
import type { Leadership } from "../share/index.ts";
import type { BodyLimit } from "./admission/body-limit.ts";
import type { OperationSlots } from "./admission/operation-slots.ts";
import { waitForReportSlot } from "./admission/report-slots.ts";
import type { OperationRunner } from "./apollo/operation-runner.ts";
import type { StepLists } from "./apollo/operation-steps.ts";
import { printAnswer, setStatusByMediaType } from "./apollo/print-answer.ts";
import { limitDocumentLength } from "./body/json-limits.ts";
import type { KnownDocuments } from "./document/known-documents.ts";
import { authorize, chooseCatalog, refuseFatal } from "./gate/authorization.ts";
import { limitSize } from "./gate/operation-limits.ts";
import { ignoreBasic } from "./http/cross-origin.ts";
import { RefusedRequest } from "./http/error-response.ts";
import { jsonTypes, preferredType } from "./http/media-type.ts";
import { revalidate } from "./http/private-cache.ts";
import { type RequestHook, type RouteHooks, throttledConfig } from "./http/route-hooks.ts";
import type { FatalRequests } from "./observe/fatal-requests.ts";
import { logAnswered, type Observers } from "./observe/log-operation.ts";
import type { ServerContext } from "./observe/server-context.ts";
import { redirectToStartPage, type StartPage } from "./page/page-routes.ts";
import { type InterruptedRequests, noteInterrupted } from "./peer/interrupted-requests.ts";
import type { LocalMutations } from "./peer/local-mutations.ts";
import type { Peers } from "./peer/peers.ts";
import type { ResponseCache } from "./response-cache/response-cache.ts";
import { findCached, sendCached } from "./response-cache/send-cached.ts";
import { explainCaching, storeResponse } from "./response-cache/store-response.ts";
import type { TableAnswers } from "./route-parts.ts";
import type { OperationAnalyzer } from "./scope/operation-analysis.ts";

/** The parts of the server that the steps use. */
interface StepParts extends Observers {
  readonly config: Config;
  readonly graph: Graph;
  readonly analyzer: OperationAnalyzer;
  readonly responseCache: ResponseCache;
  readonly mutations: LocalMutations;
  readonly interrupted: InterruptedRequests;
  readonly fatalRequests: FatalRequests;
  /** Set only with several processes. */
  readonly leadership: Leadership | undefined;
}

/**
 * The steps of an operation, from its request to its answer. Add new steps here.
 * 1. `addCommonHooks` in `server.ts`: Fastify hooks of all routes check the host and, at the end, compress, pace and
 * count the response.
 * 2. `createReceivingHooks`: Fastify hooks authenticate the caller, read the body and take an operation slot.
 * 3. `addGraphqlRoute`: `/graphql` answers with a table or a cached answer where possible. Reports, webhooks, tables
 * and streams pass their operations to the same runner; streams do so again whenever the answer has changed.
 * 4. The runner looks up the document. For an unknown one, Apollo Server parses it within MAX_TOKENS, checks its size,
 * and validates it. Nothing else walks it until then.
 * 5. `check`, `answer`, `write`, `complete`: the runner runs these lists for queries with a known document; Apollo
 * Server runs them for all others. Refused operations are completed too.
 */
export const operationSteps: StepLists<StepParts> = {
  /** Checks that may refuse the operation by throwing. No data is read before all have passed. */
  check: [
    /** Refuses an operation that recently crashed a process: LIMIT_EXCEEDED. */
    refuseFatal,
    /** Limits variables, depth and repetitions: LIMIT_EXCEEDED. */
    limitSize,
    /** Leaves malformed values of a write to the write, which reports them all together. */
    (operation, { graph }) => graph.prepare(operation),
    /** Checks scopes and secrets: FORBIDDEN. */
    authorize,
    /** Chooses the rows of a table, checks the arguments and sets the cut-offs: BAD_USER_INPUT. */
    (operation, { graph }) => graph.begin(operation, operation.contextValue.table?.chooseRows(operation)),
    /** Marks the request as a query: a stopping leader waits only for mutations. */
    releaseQuery,
    /** Makes reports wait for a slot: OVERLOADED. */
    waitForReportSlot,
    /** Selects another catalog, if requested. */
    chooseCatalog,
  ],
  /** Answers the operation with the first response that a step returns; without one, graphql-js executes it. */
  answer: [
    /** Answers operations that are only checked. */
    answerUnexecuted,
    /** Answers queries. */
    (operation, { graph }) => graph.execute(operation),
  ],
  /**
   * Run around the execution of a mutation: the process waits for it before it exits and before it gives up leadership.
   */
  write: [
    ({ contextValue }) => contextValue.admittedRequest.audit.beginWrites(),
    ({ contextValue }, { mutations }) => mutations.begin(contextValue.httpRequest),
  ],
  /** Handle the response or refusal. */
  complete: [
    /** Adds `extensions.alma` and errors about partial data. */
    (operation, { graph }) => graph.complete(operation),
    /** Delays the answer of a mutation until all processes know its changes. */
    ({ operation, contextValue }, { graph }) =>
      operation?.operation === "mutation" ? graph.whenKnown(contextValue) : undefined,
    explainCaching,
    /** Prints the response; one that is too long becomes an error: LIMIT_EXCEEDED. */
    printAnswer,
    logAnswered,
    /** Marks requests that this process, no longer the leader, cannot answer, so that the next leader does. */
    noteInterrupted,
    /** Caches the answer for reuse, or lets the caller cache it. */
    storeResponse,
  ],
};

/** Creates the hooks of operations, uploads and streams, in order. Each may answer the request. */
export function createReceivingHooks({
  keyHook,
  rateHooks,
  bodyLimit,
  peers,
  operationSlots,
}: ReceivingParts) {
  /** Authentication and rate limit: 401, 429, 503. */
  const onRequest = [ignoreBasic, keyHook, ...rateHooks];
  /** Body limits: 408, 413, 503. Forwards the request if another process leads. */
  const preParsing = [bodyLimit.whole, ...(peers ? [peers.hooks.whole] : [])];
  const operationHooks: RouteHooks = {
    config: throttledConfig,
    onRequest,
    preParsing,
    /** Operation slot: 503. */
    preValidation: operationSlots.take,
  };
  /** Uploads don't occupy operation slots, but have their own queue. */
  const uploadHooks: RouteHooks = {
    config: throttledConfig,
    onRequest,
    preParsing: [bodyLimit.streamed, ...(peers ? [peers.hooks.streamed] : [])],
  };
  /** Streams don't occupy operation slots. */
  const streamHooks: RouteHooks = {
    config: { ...throttledConfig, isReadOnly: true },
    onRequest,
    preParsing,
  };
  return { operationHooks, uploadHooks, streamHooks };
}

interface ReceivingParts {
  readonly keyHook: RequestHook;
  readonly rateHooks: readonly onRequestHookHandler[];
  readonly bodyLimit: BodyLimit;
  readonly peers: Peers | undefined;
  readonly operationSlots: OperationSlots;
}

/** Sent before anything is executed. */
const notAcceptable = new RefusedRequest(
  406,
  "BAD_REQUEST",
  "The answer is JSON, which the header Accept excludes, so nothing was executed. Send " +
    `Accept: ${jsonTypes.join(" or ")}, or leave it out.`,
);

/** Adds `/graphql`. */
export function addGraphqlRoute(
  app: FastifyInstance,
  hooks: RouteHooks,
  parts: GraphqlParts,
  runner: OperationRunner,
  tableAnswers: TableAnswers = new Map(),
): void {
  const { config, knownDocuments, startPage } = parts;
  const mediaTypes = [...jsonTypes, ...tableAnswers.keys()];
  app.route({
    method: ["GET", "POST"],
    url: "/graphql",
    ...hooks,
    config: { ...hooks.config, about: "GraphQL, by POST or GET" },
    onRequest: [...(startPage ? [redirectToStartPage] : []), ...hooks.onRequest],
    /** Refuses a document that is far too long or unknown: 400. */
    preHandler: [limitDocumentLength(config.maxTokens), ...(knownDocuments ? [knownDocuments.hook] : [])],
    onSend: (request, reply, body, done) => {
      setStatusByMediaType(reply, body);
      done(null, revalidate(request, reply, body));
    },
    handler: (request, reply) => {
      const preferred = preferredType(request, mediaTypes) ?? "";
      const answerAsTable = tableAnswers.get(preferred);
      if (answerAsTable) return answerAsTable(request, reply);
      const mediaType = jsonTypes.find((type) => type === preferred);
      if (!mediaType) return notAcceptable.send(reply);
      const cached = findCached(request, parts);
      return cached
        ? sendCached(cached, mediaType, request, reply, parts)
        : runner.answer(request, reply, mediaType);
    },
  });
}

interface GraphqlParts extends Observers {
  readonly config: Config;
  readonly responseCache: ResponseCache;
  readonly knownDocuments?: KnownDocuments;
  readonly startPage?: StartPage;
}

function releaseQuery(
  { operation, contextValue }: ResolvedOperation<ServerContext>,
  { mutations }: StepParts,
) {
  if (operation.operation !== "mutation") mutations.release(contextValue.httpRequest);
}

function answerUnexecuted({
  contextValue,
  response: { http },
}: ResolvedOperation<ServerContext>): SingleResponse | undefined {
  return contextValue.table?.checksOnly ? { http, body: { kind: "single", singleResult: {} } } : undefined;
}
