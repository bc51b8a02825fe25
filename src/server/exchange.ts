import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import type { Config } from "../config.ts";
import { addCompression } from "./compression.ts";

const hostedSandbox = "https://studio.apollographql.com";
/** What the browser may read of an answer besides its body. */
const exposed = ["x-request-id", "retry-after", "etag"];

/**
 * What pages of the configured origins may send and read, and how answers are compressed. No cookie is ever asked for
 * or accepted: a page has to have a key of its own. Bodies that come compressed are not taken: they could be bombs.
 */
export async function addExchange(app: FastifyInstance, config: Config): Promise<void> {
  const origins = [...config.corsOrigins, ...(config.hostedSandbox ? [hostedSandbox] : [])];
  if (origins.length > 0) {
    await app.register(cors, {
      origin: origins,
      methods: ["GET", "POST"],
      credentials: false,
      exposedHeaders: exposed,
      maxAge: 3600,
    });
  }
  if (config.compression) addCompression(app);
}
