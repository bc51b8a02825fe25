import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import { type Config, isLoopback } from "../../config.ts";
import { addCompression } from "./compression.ts";
import { rejectForeignHost } from "./dns-rebinding.ts";
import { createErrorBody } from "./error-response.ts";

const hostedSandboxOrigin = "https://studio.apollographql.com";
/** What the browser may read of an answer besides its body. */
const exposedHeaders = ["x-request-id", "retry-after", "etag"];

/**
 * What pages of the configured origins may send and read, that no page passes for one of an open gateway's own, and
 * how answers are compressed. No cookie is ever asked for or accepted: a page has to have a key of its own. Bodies that
 * come compressed are not taken at any address: they could be bombs.
 */
export async function addHttpPolicies(app: FastifyInstance, config: Config): Promise<void> {
  // A proxy passes on the name that it was reached by.
  if (config.open && isLoopback(config.host) && !config.trustProxy)
    app.addHook("onRequest", rejectForeignHost);
  const origins = [...config.corsOrigins, ...(config.hostedSandbox ? [hostedSandboxOrigin] : [])];
  if (origins.length > 0) {
    await app.register(cors, {
      origin: origins,
      methods: ["GET", "POST"],
      credentials: false,
      exposedHeaders: exposedHeaders,
      maxAge: 3600,
    });
  }
  if (config.compression) addCompression(app);
  app.addHook("preParsing", async ({ headers }, reply, payload) => {
    const encoding = headers["content-encoding"];
    if (encoding === undefined || /^\s*(identity\s*)?$/i.test(encoding)) return payload;
    return reply.code(415).header("accept-encoding", "identity").send(compressedBodyError);
  });
}

const compressedBodyError = createErrorBody(
  "UNSUPPORTED_MEDIA_TYPE",
  "The body is compressed, or has a content-encoding, and none is taken here. Send it uncompressed, without that header.",
);
