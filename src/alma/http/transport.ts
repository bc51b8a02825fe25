import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, type Dispatcher } from "undici";
import type { Clock } from "./clock.ts";
import { NoResponseError, NotSentError } from "./errors.ts";
import { parseJson } from "./exact-json.ts";
import {
  type AlmaRequest,
  type AlmaResponse,
  type ResponseBody,
  type Send,
  type SendGuard,
  signalOf,
} from "./send.ts";
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

interface ExchangeCallbacks {
  readonly resolve: (response: Promise<AlmaResponse>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One HTTP request and its response, as reported by undici. It ends once: with the complete response, with
 * NoResponseError, or for a read with the reason of its aborted signal. Writes cannot be aborted.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: AlmaRequest;
  readonly #clock: Clock;
  readonly #maxBodySize: number;
  readonly #callbacks: ExchangeCallbacks;
  readonly #cancelTimeout: () => void;
  readonly #stopListening: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #sentAt: number | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #size = 0;
  /** Changes with every event of the connection. */
  #progress = 0;
  /** True even before dispatch, if its signal was already aborted. */
  isEnded = false;

  constructor(
    request: AlmaRequest,
    { clock, maxBodySize }: { clock: Clock; maxBodySize: number },
    callbacks: ExchangeCallbacks,
  ) {
    this.#request = request;
    this.#clock = clock;
    this.#maxBodySize = maxBodySize;
    this.#callbacks = callbacks;
    this.#cancelTimeout = startIoTimer(
      () => this.#giveUp("did not answer in time"),
      (request.deadline ?? Infinity) - performance.now(),
      () => this.#progress,
    );
    // If the signal is already aborted, onAbort calls #fail, and so #stopListening, before it returns.
    this.#stopListening = () => {};
    this.#stopListening = onAbort(signalOf(request), (reason) => this.#fail(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isEnded) {
      controller.abort(new Error("aborted before it was sent"));
      return;
    }
    this.#controller = controller;
    this.#progress++;
    try {
      this.#request.options.sendGuard?.check();
    } catch (error) {
      this.#fail(NotSentError.by(error));
      return;
    }
    this.#sentAt = this.#clock();
    this.#request.options.onSent?.();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#progress++;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isEnded) return;
    this.#progress++;
    this.#size += chunk.length;
    if (this.#size > this.#maxBodySize) {
      this.#giveUp("answered with more than the gateway accepts", false);
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#end()) return;
    const endedAt = this.#clock();
    const retryDelay = parseRetryAfter(this.#headers["retry-after"]);
    const respond = (body: ResponseBody): AlmaResponse => {
      if (this.#isCutOff(body)) throw this.#noResponse(BROKEN_OFF);
      return {
        status: this.#status,
        body,
        retryDelay,
        sentAt: this.#sentAt ?? endedAt,
        endedAt,
      };
    };
    const body = readBody(this.#chunks, this.#headers["content-type"]);
    this.#callbacks.resolve(body.then(respond));
  }

  /**
   * Returns whether the body is truncated. If only the end of the connection marks the end of the body, its text
   * decides.
   */
  #isCutOff(body: ResponseBody): boolean {
    const { "content-length": length, "transfer-encoding": coding, "content-type": type } = this.#headers;
    const hasOwnEnd = length !== undefined || coding !== undefined;
    return !hasOwnEnd && "text" in body && body.text !== "" && /json/i.test(String(type));
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.#giveUp(this.#sentAt === undefined ? "could not be reached" : BROKEN_OFF, true, cause);
  }

  #giveUp(failure: string, isTransient = true, cause?: Error): void {
    this.#fail(this.#noResponse(failure, isTransient, cause));
  }

  #noResponse(failure: string, isTransient = true, cause?: Error): NoResponseError {
    const message = `Alma was asked for ${this.#request.subject} and ${failure}. Try again in a moment.`;
    return new NoResponseError(message, { sentAt: this.#sentAt, isTransient, cause });
  }

  #fail(reason: unknown): void {
    if (!this.#end()) return;
    this.#callbacks.reject(reason);
    this.#controller?.abort(new Error("no longer wanted"));
  }

  #end(): boolean {
    if (this.isEnded) return false;
    this.isEnded = true;
    this.#cancelTimeout();
    this.#stopListening();
    return true;
  }
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
export function transport(options: TransportOptions): { send: Send; close: () => Promise<void> } {
  const { origin, pathname } = new URL(options.url);
  const common = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: options.connectTimeout } };
  const reads = options.dispatcher ?? new Agent({ ...common, connections: options.connections });
  const writes = options.dispatcher ?? new Agent({ ...common, connections: null, pipelining: 0 });

  const dispatch = (request: AlmaRequest) =>
    new Promise<AlmaResponse>((resolve, reject) => {
      const exchange = new Exchange(request, options, { resolve, reject });
      if (exchange.isEnded) return;
      const agent = request.method === "GET" ? reads : writes;
      agent.dispatch(dispatchOptions(request), exchange);
    });

  const sendPrepared = async (request: AlmaRequest, sendGuard: SendGuard) => {
    await sendGuard.prepare().catch((error) => {
      throw NotSentError.by(error);
    });
    return dispatch(request);
  };

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
    send: (request) =>
      request.options.sendGuard ? sendPrepared(request, request.options.sendGuard) : dispatch(request),
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
