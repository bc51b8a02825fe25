import { isIP, type Socket } from "node:net";
import { hostname as machineName } from "node:os";
import cors from "@fastify/cors";
import type { FastifyInstance, RouteOptions } from "fastify";
import type { Config } from "../../config/index.ts";
import { addCompression } from "./compression.ts";
import { createErrorBody } from "./error-response.ts";
import type { RequestHook } from "./route-hooks.ts";

/**
 * Exempts connections that wait for a response from the app's `connectionTimeout`, which closes silent connections. A
 * write may take longer than any deadline, and its caller must learn the outcome. The timeout still closes the
 * connection of a client that does not read its response.
 */
export function keepWaitingConnections(app: FastifyInstance): void {
  app.addHook("onRequest", (_request, { raw }, done) => {
    // With a listener, Node does not close the connection itself.
    raw.on("timeout", (socket: Socket) => {
      if (raw.headersSent) socket.destroy();
    });
    done();
  });
}

/**
 * Creates a Fastify hook that rejects requests to an open gateway under a foreign host name. A web site can
 * make its name resolve to this machine ("DNS rebinding"); a browser then treats its pages and the gateway as
 * the same origin. IP addresses are accepted, because they cannot be made to resolve elsewhere.
 */
function rejectForeignHosts({
  allowedHosts,
  host: listenHost,
  peerUrl,
}: Pick<Config, "allowedHosts" | "host" | "peerUrl">): RequestHook {
  const own = new Set(
    [...allowedHosts, listenHost, machineName(), dockerHost].map((name) => name.toLowerCase()),
  );
  if (peerUrl !== undefined) own.add(new URL(peerUrl).hostname);
  let lastOwn: string | undefined;
  // Behind a trusted proxy, `host` is the name by which the proxy was reached.
  return ({ host }, reply, done) => {
    // Browsers always send `Host`.
    if (!host || host === lastOwn) return done();
    if (isOwn(host, own)) {
      lastOwn = host;
      return done();
    }
    const message =
      `The request was sent to ${JSON.stringify(host.slice(0, 100))}, but this gateway, which has no authentication, answers only to ` +
      "localhost, this machine's name, IP addresses such as 127.0.0.1 and the names in ALLOWED_HOSTS. Use one of these, have " +
      "its operator add the name to ALLOWED_HOSTS, or configure keys (API_KEYS_FILE).";
    reply.code(403).send(createErrorBody("FORBIDDEN", message));
  };
}

/** The name by which Docker's containers reach their machine. */
const dockerHost = "host.docker.internal";

/** Returns whether a `Host`, with or without a port, is an address, localhost or one of these names. */
function isOwn(host: string, names: ReadonlySet<string>): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  return isAddress || /^(.+\.)?localhost\.?$/.test(hostname) || names.has(hostname);
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether no key is required. */
    readonly isPublic?: boolean;
  }
}

/**
 * Lets `addRoutes` add only routes with authenticating hooks or `isPublic`, including those of its plugins.
 * Rejects otherwise.
 */
export async function denyByDefault(
  app: FastifyInstance,
  addRoutes: (scope: FastifyInstance) => Promise<void>,
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook("onRoute", ({ url, onRequest, config }: RouteOptions) => {
      if (!config?.isPublic && [onRequest ?? []].flat().length === 0)
        throw new Error(`The route ${url} says neither who may ask nor that anybody may.`);
    });
    await addRoutes(scope);
  });
}

/** Response headers that pages of other origins may read. */
const exposedHeaders = ["x-request-id", "retry-after", "etag"];

/**
 * Adds the policies of every route: CORS for the configured origins, protection of an open gateway from DNS
 * rebinding, compression of responses, and a refusal of compressed request bodies, which could be
 * decompression bombs. Cookies are neither set nor read: a page needs an API key.
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
