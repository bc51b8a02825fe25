import { setTimeout as sleep } from "node:timers/promises";
import multipart from "@fastify/multipart";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { SimulatorContext } from "../store/context.ts";
import { applyFault } from "./apply-fault.ts";
import { dispatch } from "./dispatch.ts";
import type { FaultInjector } from "./fault.ts";
import type { LogEntry, LogWriter } from "./log.ts";
import { addPictures } from "./picture.ts";
import { parseBody } from "./request-body.ts";
import type { Route } from "./route.ts";
import { createRouter, type FoundRoute, ROOT } from "./router.ts";
import { resetConnection, send, sendTruncated } from "./send.ts";

/** The parts of a simulator that its HTTP server connects. */
export interface ServerOptions {
  readonly context: SimulatorContext;
  readonly routes: readonly Route[];
  readonly apiKey: string;
  readonly log: LogWriter;
  readonly faults: FaultInjector;
  /** Milliseconds per request, one half before it is performed and the other after. */
  readonly latency: () => number;
  /** Called before each request is performed. */
  readonly beforeRequest: () => void;
}

/** Creates the HTTP server. It does not listen yet. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const server = fastify({
    forceCloseConnections: true,
    bodyLimit: 64 * 1024 * 1024,
    rewriteUrl: ({ url = "/" }) =>
      options.context.switches.encodedSlash === "splits" ? url.replace(/%2f/gi, "/") : url,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  await server.register(multipart, { limits: { fileSize: 64 * 1024 * 1024 } });
  const find = createRouter(options.routes);
  const answer = (request: FastifyRequest, reply: FastifyReply) =>
    serve(options, find(request.url), request, reply);
  addPictures(server, options.apiKey);
  server.route({
    method: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url: "*",
    handler: answer,
  });
  server.setNotFoundHandler(answer);
  return server;
}

async function serve(
  options: ServerOptions,
  { route, params }: FoundRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = await parseBody(request);
  const logged: LogEntry = {
    method: request.method,
    url: request.originalUrl,
    path: decodePath(request.originalUrl),
    headers: request.headers,
    raw: body.raw,
    body: body.parsed,
    at: Date.now(),
  };
  reply.raw.once("close", options.log.open(logged));
  const respond = () => {
    options.beforeRequest();
    const apiRequest = {
      method: request.method === "HEAD" ? "GET" : request.method,
      params,
      contentType: request.headers["content-type"] ?? "",
      body: body.raw === "" ? (body.parsed ?? {}) : body.parsed,
      uploads: body.uploads,
    };
    const key = request.headers["api-key"];
    const incoming = {
      request: apiRequest,
      key: Array.isArray(key) ? key[0] : key,
      parseError: body.parseError,
    };
    return dispatch(route, incoming, options.apiKey, options.context, (error) => {
      logged.error = String(error);
    });
  };
  const halfLatency = options.latency() / 2;
  if (halfLatency > 0) await sleep(halfLatency);
  const fault = options.faults.pick(logged);
  if (fault) logged.fault = fault.kind;
  const disconnected = new Promise<void>((resolve) => reply.raw.once("close", resolve));
  const response = await applyFault(fault, respond, logged, options.context, disconnected);
  if (halfLatency > 0) await sleep(halfLatency);
  if (response === "reset") {
    resetConnection(reply);
    return reply;
  }
  logged.status = response.status;
  if (fault?.kind === "cut") sendTruncated(reply, response);
  else send(reply, response);
  return reply;
}

function decodePath(url: string): string {
  const path = url.split("?", 1)[0] ?? "";
  const relativePath = path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
  try {
    return decodeURIComponent(relativePath);
  } catch {
    return relativePath;
  }
}
