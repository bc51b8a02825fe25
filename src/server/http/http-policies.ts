import type { ServerResponse } from "node:http";
import { isIP, type Socket } from "node:net";
import { hostname as machineName } from "node:os";
import cors from "@fastify/cors";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { Config } from "../../config/index.ts";
import { RefusedRequest } from "./error-response.ts";

/**
 * Exempts a connection that waits for a response from the app's `connectionTimeout`, which closes silent connections. A
 * write may take longer than any deadline, and its caller needs the outcome. The timeout still closes connections whose
 * clients do not read their response.
 */
export function keepWaitingConnection({ raw }: FastifyReply): void {
  // With a listener, Node does not close the connection itself.
  raw.on("timeout", closeIfAnswered);
}

function closeIfAnswered(this: ServerResponse, socket: Socket) {
  if (this.headersSent) socket.destroy();
}

/**
 * Creates a function that refuses requests with a foreign host name on a gateway without keys; undefined if the gateway
 * has keys. It prevents DNS rebinding: a web site can make its name resolve to this machine, and browsers then treat
 * its pages and the gateway as the same origin. IP addresses are accepted, because a site cannot redirect them.
 */
export function createHostCheck({ open: isOpen, allowedHosts, host: listenHost, peerUrl }: Config) {
  if (!isOpen) return undefined;
  const own = new Set(
    [...allowedHosts, listenHost, machineName(), dockerHost].map((name) => name.toLowerCase()),
  );
  if (peerUrl !== undefined) own.add(new URL(peerUrl).hostname);
  // Behind a trusted proxy, `host` is the name by which the proxy was reached.
  return ({ host }: FastifyRequest): RefusedRequest | undefined => {
    // Browsers always send `Host`, so requests without it are not DNS rebinding.
    if (!host || isOwn(host, own)) return undefined;
    const message =
      `The request was sent to ${JSON.stringify(host.slice(0, 100))}, but this gateway, which has no authentication, answers only to ` +
      "localhost, this machine's name, IP addresses such as 127.0.0.1 and the names in ALLOWED_HOSTS. Use one of these, have " +
      "its operator add the name to ALLOWED_HOSTS, or configure keys (API_KEYS_FILE).";
    return new RefusedRequest(403, "FORBIDDEN", message);
  };
}

/** The name by which Docker containers reach their host. */
const dockerHost = "host.docker.internal";

/** Returns whether a `Host`, with or without a port, is an IP address, localhost or one of `names`. */
function isOwn(host: string, names: ReadonlySet<string>) {
  const name = host.toLowerCase().replace(/:\d*$/, "");
  return (
    names.has(name) || /^(.+\.)?localhost\.?$/.test(name) || isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0
  );
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route needs no key. */
    readonly isPublic?: boolean;
  }
}

/**
 * Ensures that `addRoutes`, including its plugins, adds only routes that authenticate or are marked `isPublic`. Rejects
 * otherwise.
 */
export async function denyByDefault(
  app: FastifyInstance,
  addRoutes: (scope: FastifyInstance) => Promise<void>,
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook("onRoute", ({ url, onRequest, config }: RouteOptions) => {
      if (!config?.isPublic && [onRequest ?? []].flat().length === 0)
        throw new Error(`The route ${url} neither authenticates its callers nor is marked isPublic.`);
    });
    await addRoutes(scope);
  });
}

/** Response headers that pages of other origins may read. */
const exposedHeaders = ["x-request-id", "retry-after", "etag"];

/** Adds CORS for the configured origins. Cookies are neither set nor read: a page needs an API key. */
export async function addCors(app: FastifyInstance, { corsOrigins }: Config): Promise<void> {
  if (corsOrigins.length === 0) return;
  await app.register(cors, {
    origin: [...corsOrigins],
    methods: ["GET", "POST"],
    credentials: false,
    exposedHeaders,
    maxAge: 3600,
  });
}

/** Refuses a compressed body, which could be a decompression bomb. Returns whether the body was refused. */
export function refuseCompressedBody({ headers }: FastifyRequest, reply: FastifyReply): boolean {
  const encoding = headers["content-encoding"];
  if (encoding === undefined || /^\s*(identity\s*)?$/i.test(encoding)) return false;
  const message =
    "The body is compressed, or has a content-encoding, and no encoding is accepted here. Send it uncompressed, without that header.";
  reply.header("accept-encoding", "identity");
  new RefusedRequest(415, "UNSUPPORTED_MEDIA_TYPE", message).send(reply);
  return true;
}
