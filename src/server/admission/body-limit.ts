import { Transform, type TransformCallback } from "node:stream";
import { setImmediate } from "node:timers";
import type { FastifyReply, FastifyRequest, preParsingHookHandler, RequestPayload } from "fastify";
import type { Config } from "../../config/index.ts";
import { RefusedRequest } from "../http/error-response.ts";
import { stripPort } from "../http/gateway-address.ts";
import { onRequestClosed } from "../http/request-closed.ts";
import { anonymousCaller } from "../scope/scope.ts";
import { CountByKey, type Release } from "./quota.ts";

/** The time within which a body must arrive, in milliseconds. */
const MAX_BODY_TIME = 10_000;
/** The minimum limit, in bytes, for all bodies in progress; four times MAX_BODY if that is more. */
const MIN_TOTAL_BYTES = 64 * 2 ** 20;
/** The `Retry-After` of refused requests, in seconds. */
const RETRY_AFTER = 1;

/**
 * Limits the bodies in progress. They don't occupy operation slots, so slow uploads delay nobody. An address may send
 * MAX_OPERATIONS bodies at once per key, or without a key. A key, or an address without a key, may use half of all
 * bytes.
 */
export function createBodyLimit(config: Config) {
  const { maxOperations, maxBody, deadline } = config;
  const maxTime = Math.min(MAX_BODY_TIME, deadline);
  const maxTotalBytes = Math.max(MIN_TOTAL_BYTES, 4 * maxBody);
  const bodies = new CountByKey();
  const bytes = new CountByKey();

  /** Counts a body. Returns a function to call when it ends; undefined if the sender has too many. */
  function begin(request: FastifyRequest, reply: FastifyReply) {
    const sender = `${request.caller?.id} ${stripPort(request.ip)}`;
    if (bodies.get(sender) >= maxOperations) return undefined;
    const end = bodies.take(sender, 1);
    onRequestClosed(reply, end);
    return end;
  }

  function refuse(reply: FastifyReply) {
    const message =
      `The bodies of ${maxOperations} other requests of this key and address are still being received, the maximum. ` +
      `Send bodies to their end, and try again in ${RETRY_AFTER} s.`;
    overloaded(message).send(reply);
  }

  /** Wraps a body in a stream that fails if the body takes too long or its sender exceeds its share of bytes. */
  function limit(request: FastifyRequest, reply: FastifyReply, source: RequestPayload, end: Release) {
    const { caller } = request;
    const owner = caller && caller !== anonymousCaller ? caller.id : stripPort(request.ip);
    let received = 0;
    let isStopped = false;
    /** Returns whether more bytes fit. Bytes after the end are not counted. */
    const count = (length: number) => {
      if (isStopped) return true;
      received += length;
      bytes.add(owner, length);
      return bytes.total <= maxTotalBytes && bytes.get(owner) <= maxTotalBytes / 2;
    };
    const limited = new Transform({
      transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
        done(count(chunk.length) ? null : tooManyBytes(maxTotalBytes), chunk);
      },
      flush(done) {
        stop();
        done();
      },
    });
    const timer = setTimeout(() => {
      // Before failing, read the data that arrived while the process was busy.
      setImmediate(() => limited.destroy(tooSlow(maxTime)));
    }, maxTime);
    const stop = () => {
      if (isStopped) return;
      isStopped = true;
      clearTimeout(timer);
      bytes.add(owner, -received);
      end();
    };
    limited.once("close", stop);
    // Nobody reads this stream after a refusal.
    limited.on("error", () => {});
    onRequestClosed(reply, stop);
    source.once("error", (error) => limited.destroy(error));
    return source.pipe(limited);
  }

  return {
    /** A Fastify `preParsing` hook for bodies held in memory: limits their number, bytes and time. */
    whole(request, reply, payload, done) {
      if (request.method === "GET" || request.method === "HEAD") return done(null, payload);
      // Bodies that arrive with the headers, or right after them, are already parsed.
      setImmediate(() => {
        if (request.raw.complete) return done(null, payload);
        const end = begin(request, reply);
        if (end) done(null, limit(request, reply, payload, end));
        else refuse(reply);
      });
    },
    /** The same hook for streamed bodies: limits the number of requests. */
    streamed(request, reply, payload, done) {
      if (begin(request, reply)) done(null, payload);
      else refuse(reply);
    },
  } satisfies Record<string, preParsingHookHandler>;
}

export type BodyLimit = ReturnType<typeof createBodyLimit>;

function tooSlow(maxTime: number) {
  const message = `The body did not arrive within ${maxTime / 1000} s. Send it again, without pauses; a large one in parts.`;
  return new RefusedRequest(408, "REQUEST_TIMEOUT", message);
}

function tooManyBytes(maxTotalBytes: number) {
  const message =
    `The gateway is receiving as many bytes as it can hold (${maxTotalBytes}; half for one key or address). ` +
    `Send fewer large bodies at once, and try again in ${RETRY_AFTER} s.`;
  return overloaded(message);
}

const overloaded = (message: string) =>
  new RefusedRequest(503, "OVERLOADED", message, { retryAfter: RETRY_AFTER });
