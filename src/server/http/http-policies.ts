import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import type { Config } from "../../config/index.ts";
import { addCompression } from "./compression.ts";
import { rejectForeignHosts } from "./dns-rebinding.ts";
import { createErrorBody } from "./error-response.ts";

/** Response headers that pages of other origins may read. */
const exposedHeaders = ["x-request-id", "retry-after", "etag"];

/**
 * Adds what applies to every route: CORS for the configured origins, protection of an open gateway from DNS rebinding,
 * compression of responses, and a refusal of compressed request bodies, which could be decompression bombs. Cookies are
 * neither set nor read: a page needs an API key.
 */
export async function addHttpPolicies(app: FastifyInstance, config: Config): Promise<void> {
  if (config.open) app.addHook("onRequest", rejectForeignHosts(config));
  if (config.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...config.corsOrigins],
      methods: ["GET", "POST"],
      credentials: false,
      exposedHeaders,
      maxAge: 3600,
    });
  }
  addCompression(app);
  app.addHook("preParsing", ({ headers }, reply, payload, done) => {
    const encoding = headers["content-encoding"];
    if (encoding === undefined || /^\s*(identity\s*)?$/i.test(encoding)) done(null, payload);
    else reply.code(415).header("accept-encoding", "identity").send(compressedBodyError);
  });
}

const compressedBodyError = createErrorBody(
  "UNSUPPORTED_MEDIA_TYPE",
  "The body is compressed, or has a content-encoding, and no encoding is accepted here. Send it uncompressed, without that header.",
);
