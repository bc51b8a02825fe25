import { setTimeout as sleep } from "node:timers/promises";
import multipart from "@fastify/multipart";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Path } from "./answer.ts";
import { readRequest } from "./body.ts";
import type { FaultPicker } from "./fault.ts";
import { pass } from "./gate.ts";
import type { Entry, LogWriter } from "./log.ts";
import { reset, send, sendCut } from "./reply.ts";
import { struck } from "./strike.ts";
import type { World } from "./world.ts";

/** What stands between the network and the rules. */
export interface Front {
  readonly world: World;
  readonly paths: readonly Path[];
  readonly apiKey: string;
  readonly log: LogWriter;
  readonly faults: FaultPicker;
  /** Milliseconds from a request's arrival to its answer, half before it is carried out and half after. */
  readonly latency: () => number;
  /** Called before each request is carried out. */
  readonly wake: () => void;
}

const ROOT = "/external_api/";

/** A server that is not listening yet. */
export async function createServer(front: Front): Promise<FastifyInstance> {
  const server = fastify({
    forceCloseConnections: true,
    bodyLimit: 64 * 1024 * 1024,
    routerOptions: { maxParamLength: 10_000 },
    exposeHeadRoutes: false,
    rewriteUrl: ({ url = "/" }) =>
      front.world.switches.encodedSlash === "splits" ? url.replace(/%2f/gi, "/") : url,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  await server.register(multipart, { limits: { fileSize: 64 * 1024 * 1024 } });
  const method = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
  for (const path of front.paths) {
    server.route({
      method,
      url: ROOT + path.url,
      handler: (request, reply) => serve(front, path, request, reply),
    });
  }
  server.setNotFoundHandler((request, reply) => serve(front, nowhere, request, reply));
  return server;
}

/** Where a path leads that is none. */
const nowhere: Path = { url: "", methods: () => ({}), parses: () => [] };

async function serve(
  front: Front,
  path: Path,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = await readRequest(request);
  const entry: Entry = {
    method: request.method,
    url: request.originalUrl,
    path: decoded(request.originalUrl),
    headers: request.headers,
    raw: body.raw,
    body: body.parsed,
    at: Date.now(),
  };
  reply.raw.once("close", front.log.open(entry));
  const answer = () => {
    front.wake();
    const asked = {
      method: request.method === "HEAD" ? "GET" : request.method,
      params: request.params as { id?: string; bx?: string },
      contentType: request.headers["content-type"] ?? "",
      body: body.raw === "" ? (body.parsed ?? {}) : body.parsed,
      uploads: body.uploads,
    };
    const key = request.headers["api-key"];
    const knock = { asked, key: Array.isArray(key) ? key[0] : key, bodyFault: body.fault };
    return pass(path, knock, front.apiKey, front.world, (error) => {
      entry.error = String(error);
    });
  };
  const half = front.latency() / 2;
  if (half > 0) await sleep(half);
  const fault = front.faults.strike(entry);
  if (fault) entry.fault = fault.kind;
  const left = new Promise<void>((resolve) => reply.raw.once("close", resolve));
  const sent = await struck(fault, answer, entry, front.world, left);
  if (half > 0) await sleep(half);
  if (sent === "reset") {
    reset(reply);
    return reply;
  }
  entry.status = sent.status;
  if (fault?.kind === "cut") sendCut(reply, sent);
  else send(reply, sent);
  return reply;
}

function decoded(url: string): string {
  const path = url.split("?", 1)[0] ?? "";
  const below = path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
  try {
    return decodeURIComponent(below);
  } catch {
    return below;
  }
}
