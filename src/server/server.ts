import type { FastifyRequest } from "fastify";
import { type Uploads, uploadConcurrency } from "../alma/index.ts";
import type { Config, Log } from "../config/index.ts";
import { createAuthHook } from "./access/auth-hook.ts";
import { createAuthentication } from "./access/authentication.ts";
import { createBodyLimit } from "./admission/body-limit.ts";
import { createFairSlots } from "./admission/fair-slots.ts";
import { createPlaces } from "./admission/places.ts";
import { createReports } from "./admission/reports.ts";
import { createOperationHandler } from "./apollo/answer-operation.ts";
import { createApollo } from "./apollo/apollo-server.ts";
import { revalidate } from "./apollo/http-caching.ts";
import { operationLogHooks } from "./apollo/operation-log.ts";
import { sharingHooks } from "./apollo/sharing-hooks.ts";
import { setStatusByMediaType } from "./apollo/status-by-media-type.ts";
import type { Tracing } from "./apollo/tracing.ts";
import { createApp } from "./app.ts";
import { createPersistedDocumentsHook, watchManifest } from "./document/persisted-documents.ts";
import { addErrorHandlers } from "./error-handlers.ts";
import { createExecutors, type WithSpan } from "./executors.ts";
import { addHealthRoutes } from "./health.ts";
import { limitDocumentLength } from "./http/document-length-limit.ts";
import { readBodiesAfterResponses } from "./http/early-response.ts";
import { createGracefulShutdown } from "./http/graceful-shutdown.ts";
import { addHttpPolicies } from "./http/http-policies.ts";
import { keepWaitingConnections } from "./http/idle-timeout.ts";
import { sendLargeBodiesInPieces } from "./http/large-body.ts";
import { ignoreBasic } from "./http/preflight-header.ts";
import { ChosenContentTypes } from "./kept/chosen-content-type.ts";
import { KeptAnswers } from "./kept/kept-answers.ts";
import { createKeptSender } from "./kept/send-kept.ts";
import { createLimits } from "./limits.ts";
import { createAuditLog } from "./observe/audit-log.ts";
import { addGauges, type BackendStatus } from "./observe/gauges.ts";
import { createMetrics, type Metrics } from "./observe/metrics.ts";
import { logRejectedRequests } from "./observe/rejected-requests.ts";
import { addShareGauges } from "./observe/share-gauges.ts";
import { createOperationContext } from "./operation-context.ts";
import { addMetricsRoute } from "./page/metrics-route.ts";
import { addPageRoutes, isPageRequest } from "./page/page-routes.ts";
import { LeftOver } from "./peer/left-over.ts";
import { MutationsHere } from "./peer/mutations-here.ts";
import { createPeers, type Sharing } from "./peer/peers.ts";
import type { AddReports } from "./reports.ts";
import type { Graph } from "./scope/graph.ts";
import { createOperationAnalyzer } from "./scope/operation-analysis.ts";
import { addUploadRoute } from "./upload/upload-route.ts";
import { addBitrixRoute } from "./webhook/sync-route.ts";

/** The HTTP server of the gateway. */
export interface Server {
  /** Starts listening; resolves with the address, for example `http://127.0.0.1:4000`. */
  listen(): Promise<string>;
  /** Becomes unready, and answers as before. Resolves after DRAIN_DELAY. */
  drain(): Promise<void>;
  /**
   * Becomes unready, answers the requests in flight, closes every connection, and waits for the writes of disconnected
   * callers. May be called more than once.
   */
  close(): Promise<void>;
  /**
   * Resolves when no mutation is under way here, those of callers who have left included, and no request of which it is
   * still to come whether it is one. To be called when no more are let in.
   */
  whenMutationsEnd(): Promise<void>;
  /** Starts listening for the other processes; resolves with the address to publish. */
  listenForPeers(): Promise<string>;
}

/** The settings and the parts of the gateway that the server connects. */
export interface ServerOptions {
  readonly config: Config;
  readonly graph: Graph;
  readonly log: Log;
  /** Given if other parts of the process record in it too. */
  readonly metrics?: Metrics;
  readonly backendStatus?: BackendStatus;
  readonly tracing?: Tracing | undefined;
  /** Without it there is no `POST /files`. */
  readonly uploads?: Uploads;
  /** Without it there are no reports, and no answers as tables. */
  readonly addReports?: AddReports;
  /** How this process shares the work with others. */
  readonly sharing?: Sharing;
  /** The minimum time, in milliseconds, for which `close` keeps idle connections open. */
  readonly shutdownGrace?: number;
}

/** Milliseconds, after the deadline of an operation, in which its response can be read. */
const responseGrace = 5_000;

/** Uploads that wait for their turn; each keeps a connection open. */
const maxWaitingUploads = 512;

/** Creates the server of a graph; it does not listen before `listen`. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { config, graph, log, metrics = createMetrics(), backendStatus, uploads, tracing, sharing } = options;
  const maxRequestTime =
    Math.max(config.deadline, uploads ? config.fileTimeout + responseGrace : 0) + responseGrace;
  const app = createApp(config, maxRequestTime);
  const shutdown = createGracefulShutdown(app, options.shutdownGrace);
  keepWaitingConnections(app);
  readBodiesAfterResponses(app);
  const audit = createAuditLog(log, metrics);
  const authentication = createAuthentication(config, log);
  const { authenticate, hasSeveralCallers } = authentication;
  const places = createPlaces(config.maxOperations, hasSeveralCallers);
  const reports = createReports(config.maxReports, hasSeveralCallers);

  const answers = new KeptAnswers(config.keptAnswers, metrics);
  const contentTypes = new ChosenContentTypes();
  const kept = createKeptSender(answers, contentTypes, config, log, metrics, (operation) =>
    tracing?.describeOperation(operation),
  );
  const analyzer = createOperationAnalyzer(graph.schema);
  const here = { mutations: new MutationsHere(), leftOver: new LeftOver() };
  const { apollo, hooks, documents } = await createApollo(
    config,
    graph,
    analyzer,
    log,
    answers,
    sharing?.store,
    [
      operationLogHooks(log, metrics),
      ...(sharing ? sharingHooks(here, sharing.leadership, graph) : []),
      ...(tracing ? [tracing.hooks] : []),
    ],
  );
  const context = createOperationContext(graph, config, audit, places, reports, sharing?.leadership);
  const withSpan: WithSpan = (request, run) => (tracing ? tracing.traceOperation(request, run) : run());
  const answerOperation = createOperationHandler(apollo, hooks, documents, contentTypes, context);
  const { executeTable, executeOperation } = createExecutors(apollo, graph, context, here.leftOver, withSpan);
  // This comes before the first plugin: a route keeps the error handler that is set when it is added.
  addErrorHandlers(app, config, log, metrics);
  await addHttpPolicies(app, config);
  sendLargeBodiesInPieces(app);
  const bodyLimit = createBodyLimit(config);
  const isPublic = (request: FastifyRequest) => config.explorers && isPageRequest(request);
  const manifest = watchManifest(config, log);
  const peers =
    sharing &&
    createPeers(app, sharing, {
      config,
      log,
      metrics,
      findDocument: (id) => manifest().find(id),
      places,
      ...here,
      isLocal: isPublic,
      maxRequestTime,
    });
  const uploadSlots = createFairSlots(
    uploadConcurrency(config.almaConcurrency),
    maxWaitingUploads,
    hasSeveralCallers,
  );
  const { countFailure, rateHooks } = createLimits(config, sharing?.store);
  const authHook = createAuthHook(authenticate, countFailure, { isPublic });
  const keyHook = createAuthHook(authenticate, countFailure);
  addMetricsRoute(app, config, metrics, keyHook);
  logRejectedRequests(app, log);
  const load = {
    operations: () => places.taken + reports.running + reports.waiting,
    reports: () => reports.running,
    waitingReports: () => reports.waiting,
    unreadBytes: () => reports.unreadBytes,
    requests: () => shutdown.requestsInFlight,
    keptBytes: () => answers.bytes,
    warm: () => graph.progress().warm,
  };
  addGauges(metrics.registry, load, backendStatus, config.catalogMaxAge);
  if (sharing?.state) addShareGauges(metrics.registry, sharing.state);
  const accessHooks = [ignoreBasic, authHook, ...rateHooks];
  const operationHooks = {
    preParsing: [bodyLimit.whole, ...(peers ? [peers.hooks.whole] : [])],
    preValidation: places.take,
  };
  const answerAsTable = options.addReports?.(app, {
    config,
    graph,
    analyzer,
    log,
    authentication,
    countFailure,
    rateHooks,
    operationHooks,
    execute: executeTable,
  });
  app.route<{ Reply: string }>({
    method: ["GET", "POST"],
    url: "/graphql",
    onRequest: accessHooks,
    ...operationHooks,
    preHandler: [limitDocumentLength(config.maxTokens), createPersistedDocumentsHook(config, manifest, log)],
    onSend: [setStatusByMediaType, revalidate],
    handler: async (request, reply) => {
      // What has been answered with JSON asks for no table.
      const table = contentTypes.find(request) === undefined ? answerAsTable?.(request, reply) : undefined;
      if (table) return table;
      const answer = request.isLeaderless ? undefined : kept.find(request);
      return withSpan(request, async () =>
        answer ? kept.send(answer, request, reply) : answerOperation(request, reply),
      );
    },
  });
  if (uploads)
    await addUploadRoute(app, {
      config,
      uploads,
      audit,
      accessHooks,
      preParsing: [bodyLimit.streamed, ...(peers ? [peers.hooks.streamed] : [])],
      slots: uploadSlots,
    });
  if (graph.mapping) {
    await addBitrixRoute(app, {
      config,
      schema: graph.schema,
      mapping: graph.mapping,
      accessHooks,
      operationHooks,
      executeOperation,
    });
  }
  addPageRoutes(app, config, graph, uploads !== undefined, keyHook);
  const isShuttingDown = () => shutdown.isShuttingDown;
  addHealthRoutes(app, config, graph, backendStatus, isShuttingDown, sharing?.state, peers?.reachesLeader);

  return {
    listen: () => app.listen({ host: config.host, port: config.port }),
    async listenForPeers() {
      if (!peers) throw new Error("This process shares no work with others.");
      return peers.listen();
    },
    // A body that does not come is not waited for as long as others wait.
    whenMutationsEnd: () => here.mutations.whenNone(config.leaderWait / 2),
    drain: () => shutdown.drain(config.drainDelay),
    async close() {
      await shutdown.close(maxRequestTime);
      await peers?.close();
      await audit.whenIdle();
      await apollo.stop();
    },
  };
}
