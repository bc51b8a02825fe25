import { fastifyApolloHandler } from "@as-integrations/fastify";
import { type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Uploads } from "../alma/index.ts";
import type { Config } from "../config.ts";
import { anyHost } from "./any-host.ts";
import { createAudit } from "./audit.ts";
import { createAuthentication } from "./authentication.ts";
import { addBitrixDoor } from "./bitrix-door.ts";
import { revalidate } from "./caching.ts";
import { createCapacity } from "./capacity.ts";
import { createDoor } from "./door.ts";
import { createDrain } from "./drain.ts";
import { addExchange } from "./exchange.ts";
import { addFallbacks } from "./fallback.ts";
import type { Graph } from "./graph.ts";
import { createApollo } from "./graphql.ts";
import { addHealth } from "./health.ts";
import { journal } from "./journal.ts";
import type { Log } from "./log.ts";
import { createMetrics, type Metrics } from "./metric.ts";
import { addMetrics } from "./metric-page.ts";
import { beginOperation, requestIdOf } from "./operation.ts";
import { addPages, isPage } from "./page.ts";
import { persistedDocuments } from "./persisted.ts";
import { believed } from "./proxy.ts";
import { limitRate } from "./rate.ts";
import { keepWaiting } from "./silence.ts";
import { statusByType } from "./status.ts";
import { limitText } from "./text-limit.ts";
import type { Tracing } from "./tracing.ts";
import { noteTurnedAway } from "./turned-away.ts";
import type { Wrapped } from "./unwrap.ts";
import { addUploads } from "./upload.ts";
import { addGauges, type Vitals } from "./vital.ts";

/** What every answer tells browsers: take the type at its word, show it in no frame, tell no one where it was. */
const safeguards = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
};

/** The process's face to the network. */
export interface Server {
  /** Begins to answer; resolves with the address, for example `http://127.0.0.1:4000`. */
  listen(): Promise<string>;
  /**
   * Turns unready, answers what is in flight, closes every connection, and waits for writes whose callers have left.
   * May be called more than once.
   */
  close(): Promise<void>;
}

/** What a server is made of. */
export interface Parts {
  readonly config: Config;
  readonly graph: Graph;
  readonly log: Log;
  /** Made beforehand if others count in it too. */
  readonly metrics?: Metrics;
  readonly vitals?: Vitals;
  readonly tracing?: Tracing | undefined;
  /** Where files go; without it there is no `POST /files`. */
  readonly uploads?: Uploads;
}

/** Beyond the deadline of the last operation, milliseconds in which its answer can be taken. */
const lastAnswer = 5_000;

/** Builds the server for a graph; nothing is listened to before `listen`. */
export async function createServer(parts: Parts): Promise<Server> {
  const { config, graph, log, metrics = createMetrics(), vitals, uploads, tracing } = parts;
  const longest = Math.max(config.deadline, uploads ? config.fileTimeout + lastAnswer : 0);
  const app = fastify({
    logger: false,
    bodyLimit: config.maxBody,
    trustProxy: believed(config.trustProxy),
    genReqId: requestIdOf,
    requestIdHeader: false,
    forceCloseConnections: "idle",
    // Who sends slowly has as long as an operation, or a file, may take; who takes no answer, a little longer.
    requestTimeout: longest,
    connectionTimeout: longest + lastAnswer,
    // Node swaps the timeouts of headers and of the whole request if the former is the longer.
    http: {
      headersTimeout: Math.min(15_000, config.deadline),
      connectionsCheckingInterval: Math.min(5_000, config.deadline / 2),
    },
    return503OnClosing: false,
  });
  // Fastify would read a text, which any page can send unasked.
  app.removeContentTypeParser("text/plain");
  const drain = createDrain(app);
  keepWaiting(app);
  const audit = createAudit(log, metrics);

  const capacity = createCapacity(config);
  const apollo = await createApollo(config, graph, log, capacity, [
    journal(log, metrics),
    ...(tracing ? [tracing.plugin] : []),
  ]);
  const context = async (request: FastifyRequest, reply: FastifyReply): Promise<Wrapped> => {
    const operation = beginOperation(request, reply, config.deadline, audit);
    const { requestId, signal, caller } = operation;
    return {
      graph: graph.context({ requestId, signal, caller }),
      operation,
      document: request.document,
    };
  };
  const within = <R>(request: FastifyRequest, run: () => Promise<R>): Promise<R> =>
    tracing ? tracing.operation(request, run) : run();
  const answer = fastifyApolloHandler(apollo, { context });
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers({ ...safeguards, "x-request-id": request.id });
    done();
  });
  app.decorateRequest("caller", null);
  app.decorateRequest("document", null);
  // Before the first plugin: a route keeps the handler of errors that it finds.
  addFallbacks(app, config, log, metrics);
  await addExchange(app, config);
  const authenticate = createAuthentication(config, log);
  const door = createDoor(authenticate, (request) => config.explorers && isPage(request));
  addMetrics(app, config, metrics, createDoor(authenticate));
  noteTurnedAway(app, log);
  const load = {
    operations: () => capacity.operations,
    requests: () => drain.requests,
    warm: () => graph.progress().warm,
  };
  addGauges(metrics.registry, load, vitals, config.catalogMaxAge);
  const entrance = [
    door,
    ...(config.open || config.rateLimit === 0 ? [] : [limitRate(config.rateLimit)]),
    capacity.enter,
  ];
  app.route<{ Reply: string }>({
    method: ["GET", "POST"],
    url: "/graphql",
    onRequest: entrance,
    preHandler: [anyHost, limitText(config.maxTokens), persistedDocuments(config, log)],
    onSend: [statusByType, revalidate],
    handler: (request, reply) => within(request, async () => answer.call(app, request, reply)),
  });
  if (uploads) await addUploads(app, { config, uploads, audit, entrance });
  if (graph.mapping) {
    await addBitrixDoor(app, {
      config,
      schema: graph.schema,
      mapping: graph.mapping,
      entrance,
      run: (request, reply, asked) =>
        within(request, async () =>
          apollo.executeOperation(asked, { contextValue: await context(request, reply) }),
        ),
    });
  }
  addPages(app, config, graph, uploads !== undefined);
  addHealth(app, config, graph, vitals, () => drain.leaving);

  return {
    listen: () => app.listen({ host: config.host, port: config.port }),
    async close() {
      await drain.close(longest + lastAnswer);
      await audit.quiet();
      await apollo.stop();
    },
  };
}
