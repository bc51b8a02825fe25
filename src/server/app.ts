import { type FastifyInstance, fastify } from "fastify";
import type { Config } from "../config/index.ts";
import { parseLimitedJson } from "./body/json-limits.ts";
import { createTrustCheck } from "./http/trusted-proxy.ts";
import { requestIdOf } from "./observe/admitted-request.ts";

const securityHeaders = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
};

/** No route has a JSON Schema: unless others take their place, Fastify loads compilers of schemas, some 100 modules. */
const noSchema = () => {
  throw new Error("A route has a schema, but no compiler of schemas is loaded.");
};
const schemaController = { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } };

/**
 * Creates an app without routes. `maxRequestTime`: milliseconds for the longest operation or upload, and for reading
 * its response.
 */
export function createApp(config: Config, maxRequestTime: number): FastifyInstance {
  const app = fastify({
    logger: false,
    schemaController,
    bodyLimit: config.maxBody,
    trustProxy: createTrustCheck(config.trustProxy),
    genReqId: requestIdOf,
    requestIdHeader: false,
    forceCloseConnections: "idle",
    // It is longer than the limits of bodies, so that a body that does not come gets its own answer.
    requestTimeout: maxRequestTime,
    connectionTimeout: maxRequestTime,
    // Node swaps `headersTimeout` and `requestTimeout` if the first is longer.
    http: {
      headersTimeout: Math.min(15_000, config.deadline),
      connectionsCheckingInterval: Math.min(5_000, config.deadline / 2),
    },
    return503OnClosing: false,
  });
  // Any page can send text/plain without a preflight.
  app.removeContentTypeParser(["text/plain", "application/json"]);
  app.addContentTypeParser("application/json", { parseAs: "string" }, parseLimitedJson(app, config.maxBody));
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(securityHeaders).header("x-request-id", request.id);
    done();
  });
  app.decorateRequest("caller", null);
  app.decorateRequest("link", null);
  app.decorateRequest("document", null);
  app.decorateRequest("answerKey", null);
  app.decorateRequest("bodyText", null);
  return app;
}
