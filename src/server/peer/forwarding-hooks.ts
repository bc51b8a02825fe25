import { randomUUID } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import type {
  FastifyReply,
  FastifyRequest,
  preParsingHookHandler,
  RequestPayload,
  RouteHandlerMethod,
} from "fastify";
import type { OperationSlots } from "../admission/operation-slots.ts";
import { onRequestClosed } from "../http/request-closed.ts";
import type { Metrics } from "../observe/metrics.ts";
import { type PeerAnswer, refusalOf } from "./exchange.ts";
import { type ForwardedRequest, type ForwardOptions, forward } from "./forward.ts";
import { outgoingHeaders, sendAnswer, sendFailure } from "./forwarded-reply.ts";
import { type InterruptedRequests, LeadershipLostError } from "./interrupted-requests.ts";
import type { LocalMutations } from "./local-mutations.ts";
import { type FindDocument, mayAcceptStale, mayWrite } from "./may-write.ts";
import { canAnswer } from "./target-process.ts";
import { bodyDigest, refusalHeader } from "./ticket.ts";

/** The dependencies of the hooks. */
export interface ForwardingHookOptions extends ForwardOptions {
  readonly metrics: Metrics;
  readonly mutations: LocalMutations;
  readonly interrupted: InterruptedRequests;
  /** The maximum length, in bytes, of a buffered body, unless its route has another limit. */
  readonly maxBody: number;
  readonly findDocument: FindDocument;
  /** A request takes an operation slot when its body has arrived. */
  readonly operationSlots: OperationSlots;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Whether no process leads, so that only queries that accept stale data are answered. */
    isLeaderless?: boolean;
  }
}

/** Headers of a discarded local answer that must not be added to the leader's. */
const answerHeaders = ["content-length", "cache-control", "retry-after"];

/** Runs a handler, which may throw `LeadershipLostError` instead of answering. */
async function runHandler(handler: RouteHandlerMethod, request: FastifyRequest, reply: FastifyReply) {
  try {
    return await (handler as (request: FastifyRequest, reply: FastifyReply) => unknown)(request, reply);
  } catch (error) {
    if (!(error instanceof LeadershipLostError)) throw error;
  }
}

/**
 * Creates hooks that forward requests to the leader, unless this process answers them. They run after the hooks that
 * authenticate and rate-limit the caller and limit the body.
 */
export function createForwardingHooks(options: ForwardingHookOptions) {
  const { leadership, metrics, mutations, interrupted, maxBody, findDocument, operationSlots } = options;

  const streams = new Set<Readable>();

  const isAnsweredHere = (request: FastifyRequest) => canAnswer(leadership, true) || Boolean(request.ticket);

  function admit(request: FastifyRequest, reply: FastifyReply) {
    if (request.routeOptions.config.isReadOnly) return;
    mutations.admit(request.raw);
    onRequestClosed(reply, () => mutations.release(request.raw));
  }

  /** Tells the forwarding process that the request was not executed. */
  function refuse(reply: FastifyReply) {
    reply.raw.setHeader(refusalHeader, refusalOf(leadership));
    return reply.code(503).send();
  }

  /** Forwards a request and sends the answer. Resolves with whether this process must answer instead. */
  async function pass(
    request: FastifyRequest,
    reply: FastifyReply,
    own: Pick<ForwardedRequest, "body" | "mayWrite" | "isRepeatable">,
    acceptsStale = () => false,
  ) {
    const abortController = new AbortController();
    onRequestClosed(reply, () => {
      if (!reply.raw.writableFinished) abortController.abort();
    });
    const { method = "", url: path = "" } = request.raw;
    const headers = outgoingHeaders(request, own.isRepeatable);
    const { ip, protocol, host } = request;
    const forwarded = { ...own, method, path, headers, forwardingId: randomUUID(), ip, protocol, host };
    const outcome = await forward(forwarded, options, abortController.signal);
    if (outcome.kind === "here") return true;
    metrics.recordForwarded(outcome.kind);
    if (abortController.signal.aborted) return false;
    request.isLeaderless = outcome.kind === "no-leader" && acceptsStale() && leadership.beginStaleAnswers();
    if (request.isLeaderless) return true;
    if (outcome.kind === "answered") {
      noteStream(outcome.answer);
      sendAnswer(request, reply, outcome.answer);
    } else sendFailure(outcome.kind, request, reply);
    return false;
  }

  function noteStream({ headers, body }: PeerAnswer) {
    if (!(body instanceof Readable) || !headers["cache-control"]?.includes("no-transform")) return;
    streams.add(body);
    body.once("close", () => streams.delete(body));
  }

  return {
    /** Closes the forwarded streams of the leader. Clients reconnect to another process. */
    endStreams() {
      for (const stream of streams) stream.destroy();
    },
    /** A Fastify `preParsing` hook for buffered bodies. */
    whole: ((request, reply, payload, done) => {
      const hasBody = request.method === "POST";
      if (isAnsweredHere(request) && !(request.ticket && hasBody)) {
        if (hasBody) admit(request, reply);
        return done(null, payload);
      }
      const passWhole = async () => {
        const limit = request.routeOptions.config.maxBody ?? maxBody;
        const collected = hasBody ? await collectBody(request, payload, limit) : { whole: Buffer.alloc(0) };
        // The route refuses bodies that are too long.
        if ("tooLong" in collected) return done(null, collected.tooLong);
        const { whole } = collected;
        if (request.ticket)
          return bodyDigest(whole) === request.ticket.digest
            ? done(null, Readable.from([whole]))
            : refuse(reply);
        operationSlots.take(request, reply, () => {
          const body = () => (hasBody ? whole : null);
          const isWrite = mayWrite(request, whole, findDocument);
          const acceptsStale = () => !isWrite && mayAcceptStale(request, whole, findDocument);
          const own = { body, mayWrite: isWrite, isRepeatable: true };
          pass(request, reply, own, acceptsStale).then((isOwn) => {
            if (!isOwn) return;
            if (hasBody) admit(request, reply);
            request.releaseSlot?.();
            done(null, Readable.from([whole]));
          }, done);
        });
      };
      passWhole().catch(done);
    }) satisfies preParsingHookHandler,
    /** The same hook for streamed bodies. */
    streamed: ((request, reply, payload, done) => {
      if (isAnsweredHere(request)) return done(null, payload);
      // Piping through another stream keeps the caller's connection open for the answer if forwarding fails.
      const body = () => (payload as Readable).pipe(new PassThrough());
      pass(request, reply, { body, mayWrite: true, isRepeatable: false }).then(
        (isOwn) => isOwn && done(null, payload),
        done,
      );
    }) satisfies preParsingHookHandler,
    /**
     * Wraps a handler, so that requests it could not finish (see `InterruptedRequests`) are left to the next leader.
     */
    finishing: (handler: RouteHandlerMethod): RouteHandlerMethod =>
      async function finish(request, reply) {
        for (;;) {
          const answer = await runHandler(handler.bind(this), request, reply);
          const left = interrupted.get(request.raw);
          interrupted.delete(request.raw);
          if (!left) return answer;
          for (const name of answerHeaders) reply.removeHeader(name);
          if (request.ticket) return refuse(reply);
          const hasBody = request.method === "POST";
          const body = () => (hasBody ? Buffer.from(request.bodyText ?? "") : null);
          const own = { body, mayWrite: left === "mutation", isRepeatable: true };
          if (!(await pass(request, reply, own))) return reply;
          if (hasBody) admit(request, reply);
        }
      },
  };
}

/** A complete body, or the start of one that is too long. */
type CollectedBody =
  | { readonly whole: Buffer }
  /** The whole body as a stream: the part already read, and the rest. */
  | { readonly tooLong: Readable };

/**
 * Reads a body of at most `maxLength` bytes. Rejects with the stream's error, with status 400 if it has none.
 */
async function collectBody(
  { headers }: FastifyRequest,
  payload: RequestPayload,
  maxLength: number,
): Promise<CollectedBody> {
  if (Number(headers["content-length"]) > maxLength) return { tooLong: payload as Readable };
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of (payload as Readable).iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxLength) return { tooLong: Readable.from(rejoin(chunks, payload as Readable)) };
    }
  } catch (error) {
    throw Object.assign(error as Error, { statusCode: (error as { statusCode?: number }).statusCode ?? 400 });
  }
  return { whole: Buffer.concat(chunks, length) };
}

async function* rejoin(chunks: readonly Buffer[], rest: Readable): AsyncGenerator<Buffer, void> {
  yield* chunks;
  yield* rest;
}
