import { fastifyApolloHandler } from "@as-integrations/fastify";
import { fastify } from "fastify";
import { GraphQLError } from "graphql";
import type { Config } from "../config.ts";
import { createAuthentication } from "./authentication.ts";
import { revalidate } from "./caching.ts";
import { createCapacity } from "./capacity.ts";
import { createDoor } from "./door.ts";
import { addExchange } from "./exchange.ts";
import type { Graph } from "./graph.ts";
import { createApollo } from "./graphql.ts";
import { addHealth } from "./health.ts";
import { journal } from "./journal.ts";
import type { Log } from "./log.ts";
import { beginOperation, requestIdOf } from "./operation.ts";
import { addPages, isPage } from "./page.ts";
import { limitRate } from "./rate.ts";
import { addRefusals } from "./refusal.ts";
import type { Wrapped } from "./unwrap.ts";

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
  /** Turns unready, answers what is in flight, closes every connection. May be called more than once. */
  close(): Promise<void>;
}

/** Builds the server for a graph; nothing is listened to before `listen`. */
export async function createServer(parts: { config: Config; graph: Graph; log: Log }): Promise<Server> {
  const { config, graph, log } = parts;
  const app = fastify({
    logger: false,
    bodyLimit: config.maxBody,
    trustProxy: config.trustProxy,
    genReqId: requestIdOf,
    requestIdHeader: false,
    forceCloseConnections: "idle",
    return503OnClosing: false,
  });
  let leaving = false;
  let inFlight = 0;

  const capacity = createCapacity(config);
  const apollo = await createApollo(config, graph, log, capacity, [journal(log)]);
  const answer = fastifyApolloHandler(apollo, {
    context: async (request, reply) => {
      if (!request.caller) throw unauthenticated();
      const operation = beginOperation(request, reply, request.caller, config.deadline);
      const { requestId, signal, caller } = operation;
      const wrapped: Wrapped = { graph: graph.context({ requestId, signal, caller }), operation };
      return wrapped;
    },
  });
  app.addHook("onRequest", (request, reply, done) => {
    inFlight += 1;
    reply.raw.once("close", () => {
      inFlight -= 1;
    });
    reply.headers({ ...safeguards, "x-request-id": request.id });
    done();
  });
  app.decorateRequest("caller", null);
  await addExchange(app, config);
  const door = createDoor(
    createAuthentication(config, log),
    (request) => config.explorers && isPage(request),
  );
  app.route<{ Reply: string }>({
    method: ["GET", "POST"],
    url: "/graphql",
    onRequest: [
      door,
      ...(config.open || config.rateLimit === 0 ? [] : [limitRate(config.rateLimit)]),
      capacity.enter,
    ],
    onSend: [revalidate],
    handler: answer,
  });
  addPages(app, config, graph);
  addHealth(app, config, graph, () => leaving);
  addRefusals(app, log);

  return {
    listen: () => app.listen({ host: config.host, port: config.port }),
    async close() {
      leaving = true;
      // What is in flight keeps its connection; the others, those that never asked anything included, are closed.
      let quiet = 0;
      const sweep = setInterval(() => {
        app.server.closeIdleConnections();
        quiet = inFlight === 0 ? quiet + 1 : 0;
        if (quiet > 2) app.server.closeAllConnections();
      }, 20);
      await app.close();
      clearInterval(sweep);
      await apollo.stop();
    },
  };
}

function unauthenticated(): GraphQLError {
  return new GraphQLError("GraphQL is answered to those who send a key.", {
    extensions: { code: "UNAUTHENTICATED", http: { status: 401 } },
  });
}
