import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, type Dispatcher } from "undici";
import type { Clock } from "./clock.ts";
import { NoResponseError, NotSentError } from "./errors.ts";
import { parseJson } from "./exact-json.ts";
import { type AlmaRequest, type AlmaResponse, type ResponseBody, signalOf } from "./send.ts";
import { yieldToEventLoop } from "./slice.ts";
import { onAbort, startIoTimer } from "./timer.ts";

/** The size, in bytes, from which parsing a body takes milliseconds. */
const LONG_BODY = 262_144;

/** Reads a complete body; a long one is decoded and parsed in separate turns. Never throws. */
async function readBody(chunks: readonly Buffer[], contentType: string | undefined): Promise<ResponseBody> {
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  const isLong = size >= LONG_BODY;
  if (isLong) await yieldToEventLoop();
  const text = decodeText(Buffer.concat(chunks, size), contentType);
  if (isLong) await yieldToEventLoop();
  const body = parseBody(text);
  if (isLong) await yieldToEventLoop();
  return body;
}

/** Parses a body as JSON if possible, whatever its content type. */
function parseBody(text: string): ResponseBody {
  try {
    return { json: parseJson(text) };
  } catch {
    return { text };
  }
}

/**
 * Decodes a body. JSON is UTF-8. Other bodies come from a proxy that declares their charset in the content type. A byte
 * order mark is removed.
 */
function decodeText(bytes: Buffer, contentType: string | undefined) {
  const charset = isUtf8(bytes) ? undefined : /charset="?([^\s";]+)/i.exec(String(contentType))?.[1];
  return decodeAs(charset, bytes).replace(/^\uFEFF/, "");
}

function decodeAs(charset: string | undefined, bytes: Buffer) {
  try {
    return charset === undefined ? bytes.toString("utf8") : new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString("utf8");
  }
}

const BROKEN_OFF = "closed the connection";

/**
 * Handles one HTTP request and its response, as reported by undici. It ends once: with the complete response, with
 * NoResponseError, or for a read with the reason of its aborted signal. Writes cannot be aborted.
 */
function createExchange(
  request: AlmaRequest,
  { clock, maxBodySize }: Pick<TransportOptions, "clock" | "maxBodySize">,
  resolve: (response: Promise<AlmaResponse>) => void,
  reject: (error: unknown) => void,
): Dispatcher.DispatchHandler {
  let controller: Dispatcher.DispatchController | undefined;
  let sentAt: number | undefined;
  let status = 0;
  let headers: IncomingHttpHeaders = {};
  let size = 0;
  const chunks: Buffer[] = [];
  /** Changes with every event of the connection. */
  let progress = 0;
  let isEnded = false;

  const cancelTimeout = startIoTimer(
    () => giveUp("did not answer in time"),
    (request.deadline ?? Infinity) - performance.now(),
    () => progress,
  );
  const stopListening = onAbort(signalOf(request), fail);

  function end(): boolean {
    if (isEnded) return false;
    isEnded = true;
    cancelTimeout();
    stopListening();
    return true;
  }

  function fail(reason: unknown): void {
    if (!end()) return;
    reject(reason);
    controller?.abort(new Error("no longer wanted"));
  }

  const giveUp = (failure: string, isTransient = true, cause?: Error) =>
    fail(noResponse(failure, isTransient, cause));

  function noResponse(failure: string, isTransient = true, cause?: Error): NoResponseError {
    const message = `Alma was asked for ${request.subject} and ${failure}. Try again in a moment.`;
    return new NoResponseError(message, { sentAt, isTransient, cause });
  }

  return {
    onRequestStart(started) {
      if (isEnded) {
        started.abort(new Error("aborted before it was sent"));
        return;
      }
      controller = started;
      progress++;
      try {
        request.options.sendGuard?.check();
      } catch (error) {
        fail(NotSentError.by(error));
        return;
      }
      sentAt = clock();
      request.options.onSent?.();
    },

    onResponseStart(_, startedStatus, startedHeaders) {
      progress++;
      status = startedStatus;
      headers = startedHeaders;
    },

    onResponseData(_, chunk) {
      if (isEnded) return;
      progress++;
      size += chunk.length;
      if (size > maxBodySize) giveUp("answered with more than the gateway accepts", false);
      else chunks.push(chunk);
    },

    onResponseEnd() {
      if (!end()) return;
      const endedAt = clock();
      const retryDelay = parseRetryAfter(headers["retry-after"]);
      const respond = (body: ResponseBody): AlmaResponse => {
        if (isCutOff(body, headers)) throw noResponse(BROKEN_OFF);
        return { status, body, retryDelay, sentAt: sentAt ?? endedAt, endedAt };
      };
      resolve(readBody(chunks, headers["content-type"]).then(respond));
    },

    onResponseError(_, cause) {
      giveUp(sentAt === undefined ? "could not be reached" : BROKEN_OFF, true, cause);
    },
  };
}

/**
 * Returns whether a body is truncated. If only the end of the connection marks the end of the body, its text decides.
 */
function isCutOff(
  body: ResponseBody,
  { "content-length": length, "transfer-encoding": coding, "content-type": type }: IncomingHttpHeaders,
) {
  const hasOwnEnd = length !== undefined || coding !== undefined;
  return !hasOwnEnd && "text" in body && body.text !== "" && /json/i.test(String(type));
}

/** Returns the milliseconds of a Retry-After header, a number of seconds or an HTTP date. */
function parseRetryAfter(header: string | string[] | undefined) {
  if (typeof header !== "string") return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Alma's address, and the limits of connections to it. */
interface TransportOptions {
  /** ALMA_URL, with a trailing slash. */
  readonly url: string;
  readonly apiKey: () => string;
  readonly clock: Clock;
  /** The maximum number of open connections for reads. */
  readonly connections: number;
  /** Milliseconds for opening a connection. */
  readonly connectTimeout: number;
  /** The largest accepted response body, in bytes. */
  readonly maxBodySize: number;
  /** Replaces the connections. */
  readonly dispatcher?: Dispatcher;
}

/**
 * Creates the HTTP transport to Alma, with undici. Redirects are not followed, because their target would get the API
 * key. Reads share keep-alive connections. Each write opens its own connection: if Alma closed an idle connection just
 * as a write was sent, its outcome would be unknown; if a connection cannot be opened, nothing was written.
 */
export function createTransport(options: TransportOptions) {
  const { origin, pathname } = new URL(options.url);
  const common = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: options.connectTimeout } };
  const reads = options.dispatcher ?? new Agent({ ...common, connections: options.connections });
  const writes = options.dispatcher ?? new Agent({ ...common, connections: null, pipelining: 0 });

  const dispatch = (request: AlmaRequest) =>
    new Promise<AlmaResponse>((resolve, reject) => {
      signalOf(request)?.throwIfAborted();
      const agent = request.method === "GET" ? reads : writes;
      agent.dispatch(dispatchOptions(request), createExchange(request, options, resolve, reject));
    });

  const dispatchOptions = (request: AlmaRequest): Dispatcher.DispatchOptions => ({
    origin,
    path: pathname + request.path,
    method: request.method,
    headers: headers(request, options.apiKey()),
    body: (typeof request.body === "object"
      ? request.body.content
      : request.body) as Dispatcher.DispatchOptions["body"],
  });

  return {
    async send(request: AlmaRequest) {
      await request.options.sendGuard?.prepare().catch((error) => {
        throw NotSentError.by(error);
      });
      return dispatch(request);
    },
    close: async () => {
      await Promise.all([reads.close(), writes.close()]);
    },
  };
}

function headers({ body, options }: AlmaRequest, apiKey: string) {
  const result: Record<string, string> = {
    "api-key": apiKey,
    accept: "application/json",
    // Without this header, a server may choose any encoding (RFC 9110, 12.5.3).
    "accept-encoding": "identity",
  };
  // The caller chooses the request id, so it may contain characters that are invalid in a header.
  if (options.requestId !== undefined && /^[\x21-\x7e]{1,200}$/.test(options.requestId)) {
    result["x-request-id"] = options.requestId;
  }
  if (typeof body === "string") result["content-type"] = "application/json";
  if (typeof body === "object") {
    result["content-type"] = body.type;
    if (body.length !== undefined) result["content-length"] = String(body.length);
  }
  return result;
}
