import { type FastifyInstance, fastify, type onSendHookHandler } from "fastify";
import type { Uploads } from "../alma/index.ts";
import type { Config, Log } from "../config/index.ts";
import { type Graph, mapPromiseOrValue } from "../graph/index.ts";
import { createAuthHook, createFailedKeyLimit } from "./access/auth-hook.ts";
import { createAuthentication } from "./access/authentication.ts";
import { createBrowserHooks } from "./access/browser-hooks.ts";
import { createBodyLimit } from "./admission/body-limit.ts";
import { createOperationSlots } from "./admission/operation-slots.ts";
import { createReportSlots } from "./admission/report-slots.ts";
import { startApollo } from "./apollo/apollo-server.ts";
import { createContext } from "./apollo/operation-context.ts";
import { createOperationRunner, type OperationRunner } from "./apollo/operation-runner.ts";
import { bindSteps } from "./apollo/operation-steps.ts";
import { readBodyAfterResponse } from "./body/early-response.ts";
import { parseLimitedJson } from "./body/json-limits.ts";
import { createBodyPacer } from "./body/large-body.ts";
import { DocumentStore } from "./document/document-store.ts";
import { addErrorHandlers, answerNotFound } from "./error-handlers.ts";
import { addHealthRoutes } from "./health.ts";
import { compress } from "./http/compression.ts";
import { negotiateError } from "./http/error-response.ts";
import { createTrustCheck } from "./http/gateway-address.ts";
import { createGracefulShutdown, type GracefulShutdown } from "./http/graceful-shutdown.ts";
import {
  addCors,
  createHostCheck,
  denyByDefault,
  keepWaitingConnection,
  refuseCompressedBody,
} from "./http/http-policies.ts";
import { limitRate } from "./http/rate-limit.ts";
import { recordAccess } from "./observe/access-recorder.ts";
import {
  admitRequest,
  internalRequest,
  internalResponseEvents,
  requestIdOf,
  responseEventsOf,
} from "./observe/admitted-request.ts";
import { createAuditLog } from "./observe/audit-log.ts";
import { createFatalRequests, type FatalRequestStorage } from "./observe/fatal-requests.ts";
import { addGauges, addShareGauges, type BackendStatus } from "./observe/gauges.ts";
import { logCached, logRejectedRequest } from "./observe/log-operation.ts";
import type { Metrics } from "./observe/metrics.ts";
import { addGraphqlRoute, createReceivingHooks, operationSteps } from "./operation-pipeline.ts";
import { addMetricsRoute } from "./page/metrics-route.ts";
import { listRoutes } from "./page/navigation.ts";
import { addPageRoutes } from "./page/page-routes.ts";
import type { InterruptedRequests } from "./peer/interrupted-requests.ts";
import { LocalMutations } from "./peer/local-mutations.ts";
import { createPeers, type Sharing } from "./peer/peers.ts";
import { createResponseCache } from "./response-cache/response-cache.ts";
import { type AddRoutes, createDocumentRules, type RouteParts, type ServerPorts } from "./route-parts.ts";

const securityHeaders = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
};

/** No route has a JSON Schema. Without this replacement, Fastify would load schema compilers of some 100 modules. */
const noSchema = () => {
  throw new Error("A route has a schema, but no compiler of schemas is loaded.");
};
const schemaController = { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } };

/**
 * Creates an app without routes. `maxRequestTime`: the time, in milliseconds, for the longest operation or upload and
 * for reading its response.
 */
function createApp(config: Config, maxRequestTime: number): FastifyInstance {
  const app = fastify({
    logger: false,
    schemaController,
    bodyLimit: config.maxBody,
    trustProxy: createTrustCheck(config.trustProxy),
    genReqId: requestIdOf,
    requestIdHeader: false,
    forceCloseConnections: "idle",
    // Longer than the body limits, so that a missing body gets its own error.
    requestTimeout: maxRequestTime,
    connectionTimeout: maxRequestTime,
    // Node swaps `headersTimeout` and `requestTimeout` if the first is longer.
    http: {
      headersTimeout: Math.min(15_000, config.deadline),
      connectionsCheckingInterval: Math.min(5_000, config.deadline / 2),
    },
    return503OnClosing: false,
  });
  // Pages of any origin can send text/plain without a preflight.
  app.removeContentTypeParser(["text/plain", "application/json"]);
  app.addContentTypeParser("application/json", { parseAs: "string" }, parseLimitedJson(app, config.maxBody));
  app.decorateRequest("isAdmitted", false);
  for (const name of ["caller", "link", "document", "cacheKey", "bodyText", "releaseSlot"])
    app.decorateRequest(name, null);
  return app;
}

/**
 * Adds the hooks common to all requests and responses, in this order; route hooks run in between. There is one hook per
 * stage, since calling a hook takes Fastify as long as running most of them.
 */
function addCommonHooks(
  app: FastifyInstance,
  shutdown: GracefulShutdown,
  { config, log, metrics }: ServerOptions,
) {
  const refuseHost = createHostCheck(config);
  const pace = createBodyPacer();
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(securityHeaders).header("x-request-id", request.id);
    shutdown.begin(reply);
    keepWaitingConnection(reply);
    const refusal = refuseHost?.(request);
    if (refusal) refusal.send(reply);
    else done();
  });
  app.addHook("preParsing", (request, reply, payload, done) => {
    // Bodies sent to unknown addresses are not read: without a key, they could not be counted.
    if (request.is404) answerNotFound(request, reply);
    else if (!refuseCompressedBody(request, reply)) done(null, payload);
  });
  app.addHook("onSend", (request, reply, body, done) => {
    if (shutdown.isShuttingDown) reply.header("connection", "close");
    negotiateError(request, reply);
    done(null, readBodyAfterResponse(request, reply, body));
  });
  const send: onSendHookHandler = (request, reply, body, done) => {
    const sent = mapPromiseOrValue(compress(request, reply, body), (compressed) => pace(reply, compressed));
    if (sent instanceof Promise) sent.then((bytes) => done(null, bytes), done);
    else done(null, sent);
  };
  app.addHook("onRoute", (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), send];
  });
  app.addHook("onResponse", (request, reply, done) => {
    // Forwarded requests are counted by the process that received them.
    if (!request.ticket) metrics.recordResponse(request.routeOptions, reply.statusCode);
    logRejectedRequest(request, reply, log);
    done();
  });
}

/** The settings and parts of the gateway that the server connects. */
export interface ServerOptions extends ServerPorts {
  readonly config: Config;
  readonly graph: Graph;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly backendStatus: BackendStatus;
  readonly uploads: () => Uploads;
  /** Functions that add routes to those of the core. */
  readonly addRoutes: readonly AddRoutes[];
  /** How this process cooperates with others; omitted if there are none. */
  readonly sharing?: Sharing;
  /** If omitted, an operation that crashed a process is tried again. */
  readonly fatalRequestStorage?: FatalRequestStorage;
  /** The shortest time, in milliseconds, for which `close` keeps idle connections open. */
  readonly shutdownGrace?: number;
}

/** The time, in milliseconds, to read a response after the deadline of its operation. */
const RESPONSE_GRACE = 5_000;

/** Creates the server of a graph. It starts listening with `listen`. */
export async function createServer(options: ServerOptions) {
  const parts = createParts(options);
  const { config, log, metrics } = parts;
  const app = createApp(config, parts.maxRequestTime);
  listRoutes(app);
  const shutdown = createGracefulShutdown(app, options.shutdownGrace);
  // Must run first: all hooks of a forwarded request see its caller.
  const hooks = createHooks(app, parts);
  addCommonHooks(app, shutdown, parts);
  const runner = await createRunner(parts);
  // Must run before the first plugin: a route uses the error handler set when it is added.
  addErrorHandlers(app, config, log, metrics);
  await addCors(app, config);
  addMetrics(app, parts, hooks, shutdown);
  await addRoutes(app, parts, hooks, runner);
  addHealthRoutes(app, {
    ...parts,
    isShuttingDown: () => shutdown.isShuttingDown,
    shareState: parts.sharing?.state,
    reachesLeader: hooks.peers?.reachesLeader,
  });
  return createControls(app, parts, hooks, shutdown);
}

type Parts = ReturnType<typeof createParts>;
type Hooks = ReturnType<typeof createHooks>;

/** Creates the parts that steps, hooks and routes share. */
function createParts(options: ServerOptions) {
  const { config, graph, log, metrics, sharing, knownDocuments } = options;
  const authentication = createAuthentication(config, log);
  const { hasSeveralCallers } = authentication;
  const rules = createDocumentRules(graph.schema, config);
  recordAccess(rules.analyzer);
  /** Whether GraphQL explorers can run queries. */
  const isExplorable = config.introspection && !knownDocuments?.isRequired;
  const leadership = sharing?.leadership;
  const interrupted: InterruptedRequests = new WeakMap();
  return {
    ...options,
    ...rules,
    audit: createAuditLog(log, metrics),
    authentication,
    isExplorable,
    startPage: isExplorable ? options.startPage : undefined,
    maxRequestTime: Math.max(config.deadline, config.fileTimeout + RESPONSE_GRACE) + RESPONSE_GRACE,
    leadership,
    operationSlots: createOperationSlots(config.maxOperations, hasSeveralCallers),
    reportSlots: createReportSlots(config.maxReports, hasSeveralCallers),
    mutations: new LocalMutations(),
    interrupted,
    responseCache: createResponseCache(config.responseCacheSize, metrics),
    fatalRequests: createFatalRequests(options.fatalRequestStorage, leadership),
  };
}

/** Creates the runner of operations. */
async function createRunner(parts: Parts) {
  const documents = new DocumentStore();
  const steps = bindSteps(operationSteps, parts);
  const apollo = await startApollo(parts.config, parts.graph, parts.log, steps, documents);
  return createOperationRunner({
    ...parts,
    apollo,
    steps,
    documents,
    createContext: (request, events, table) => createContext(request, events, parts, table),
  });
}

/** Creates the hooks of all routes, and the connections to other processes. */
function createHooks(app: FastifyInstance, parts: Parts) {
  const { config, authentication, leadership, sharing, knownDocuments, operationSlots } = parts;
  const peers =
    sharing && createPeers(app, sharing, { ...parts, findDocument: (id) => knownDocuments?.find(id) });
  const countFailure = createFailedKeyLimit();
  // With several processes, the leader answers and counts.
  const isCounted = () => leadership?.hasLease() ?? true;
  const rateHooks = config.open || config.rateLimit === 0 ? [] : [limitRate(config.rateLimit, isCounted)];
  const keyHook = createAuthHook(authentication.authenticate, countFailure);
  const bodyLimit = createBodyLimit(config);
  return {
    ...createReceivingHooks({ keyHook, rateHooks, bodyLimit, peers, operationSlots }),
    peers,
    keyHook,
    browserHooks: createBrowserHooks(authentication, countFailure, config, rateHooks),
    unlimitedBrowserHooks: createBrowserHooks(authentication, countFailure, config),
  };
}

/** Adds the gauges of this process, and their route. */
function addMetrics(app: FastifyInstance, parts: Parts, { keyHook }: Hooks, shutdown: GracefulShutdown) {
  const { config, graph, metrics, sharing, operationSlots, reportSlots, responseCache } = parts;
  addMetricsRoute(app, config, metrics, keyHook);
  const load = {
    operations: () => operationSlots.taken + reportSlots.running + reportSlots.waiting,
    reports: () => reportSlots.running,
    waitingReports: () => reportSlots.waiting,
    unreadBytes: () => reportSlots.unreadBytes,
    requests: () => shutdown.requestsInFlight,
    cachedBytes: () => responseCache.bytes,
    warm: () => Number(graph.progress().warm),
  };
  addGauges(metrics, load, parts.backendStatus, config);
  if (sharing?.state) addShareGauges(metrics, sharing.state);
}

/** Adds `/graphql`, the routes of capabilities, and the pages of the core. */
async function addRoutes(app: FastifyInstance, parts: Parts, hooks: Hooks, runner: OperationRunner) {
  const routeParts = createRouteParts(parts, hooks, runner);
  addGraphqlRoute(app, hooks.operationHooks, parts, runner, parts.tableAnswers?.(routeParts));
  await denyByDefault(app, async (scope) => {
    for (const addTo of parts.addRoutes) await addTo(scope, routeParts);
  });
  addPageRoutes(app, parts, hooks.unlimitedBrowserHooks.readers);
}

/** Creates what the routes of capabilities use. */
function createRouteParts(parts: Parts, hooks: Hooks, runner: OperationRunner): RouteParts {
  const { config, audit } = parts;
  return {
    ...parts,
    ...hooks,
    logCached: (request, operation) => logCached(parts, request, operation),
    documentHook: parts.knownDocuments?.hook,
    execute: (request, reply, operationRequest, table) =>
      runner.run(request, responseEventsOf(reply), operationRequest, table),
    async executeInternally(request, operationRequest, table) {
      const { events, close } = internalResponseEvents();
      try {
        return await runner.run(internalRequest(request, operationRequest), events, operationRequest, table);
      } finally {
        close();
      }
    },
    admitWrite(request, reply, mutation) {
      const admitted = admitRequest(request, responseEventsOf(reply), config, audit);
      return {
        callerId: admitted.caller.id,
        signal: admitted.signal,
        record: (outcome, codes) =>
          audit.recordWrite(admitted, { mutation, record: undefined, dryRun: false, outcome, codes }),
        end: audit.beginWrites(),
      };
    },
  };
}

/** Creates the functions that start and stop the server. */
function createControls(app: FastifyInstance, parts: Parts, { peers }: Hooks, shutdown: GracefulShutdown) {
  const { config, audit, mutations, maxRequestTime } = parts;
  return {
    /** Starts listening. Resolves with the address, for example `http://127.0.0.1:4000`. */
    listen: () => app.listen({ host: config.host, port: config.port }),
    /** Starts listening for the other processes. Resolves with the address to publish. */
    async listenForPeers() {
      if (!peers) throw new Error("This process shares no work with others.");
      return peers.listen();
    },
    /**
     * Resolves when no mutation, even of a caller who left, and no request that may turn out to be one is in
     * progress. A missing body does not keep other requests waiting. Call it when no more are admitted.
     */
    whenMutationsEnd: () => mutations.whenNone(config.leaderWait / 2),
    /** Becomes unready, and answers as before. Resolves after DRAIN_DELAY. */
    drain() {
      peers?.hooks.endStreams();
      return shutdown.drain(config.drainDelay);
    },
    /**
     * Becomes unready, answers the requests in flight, closes every connection, and waits for the writes of
     * disconnected callers. May be called more than once.
     */
    async close() {
      peers?.hooks.endStreams();
      await shutdown.close(maxRequestTime);
      await peers?.close();
      await audit.whenIdle();
    },
  };
}
