import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { onAbort } from "./abort.ts";
import type { Clock } from "./clock.ts";
import { Unanswered } from "./errors.ts";
import { parseJson } from "./json.ts";
import { afterPolling } from "./polling-timer.ts";
import type { AlmaRequest, AlmaResponse, ResponseBody } from "./send.ts";
import { inOwnSlice } from "./slice.ts";

/** Bytes from which a body takes milliseconds to parse. */
const LONG_BODY = 262_144;

interface ExchangeCallbacks {
  readonly resolve: (response: AlmaResponse | Promise<AlmaResponse>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One HTTP request and its response, as undici reports their progress. It ends once: with the complete response, with
 * Unanswered, or for a read with the reason of its aborted signal. Nothing aborts a write.
 */
export class Exchange implements Dispatcher.DispatchHandler {
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
  /** True even before it is dispatched, if its signal was aborted already. */
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
    this.#cancelTimeout = afterPolling(
      () => this.#giveUp("gave no answer in time"),
      (request.deadline ?? Infinity) - performance.now(),
      () => this.#progress,
    );
    // If the signal is aborted already, onAbort calls #fail, and so #stopListening, before it returns.
    this.#stopListening = () => {};
    this.#stopListening = onAbort(request.method === "GET" ? request.options.signal : undefined, (reason) =>
      this.#fail(reason),
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isEnded) {
      controller.abort(new Error("aborted before it was sent"));
      return;
    }
    this.#controller = controller;
    this.#progress++;
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
    if (this.#size > this.#maxBodySize) this.#giveUp("answered with more than the gateway accepts", false);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#end()) return;
    const endedAt = this.#clock();
    const retryAfter = parseRetryAfter(this.#headers["retry-after"]);
    const respond = (): AlmaResponse => ({
      status: this.#status,
      body: parseBody(Buffer.concat(this.#chunks, this.#size), this.#headers["content-type"]),
      ...(retryAfter === undefined ? undefined : { retryAfter }),
      sentAt: this.#sentAt ?? endedAt,
      endedAt,
    });
    this.#callbacks.resolve(this.#size < LONG_BODY ? respond() : inOwnSlice(respond));
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.#giveUp(
      this.#sentAt === undefined ? "could not be reached" : "broke the connection off",
      true,
      cause,
    );
  }

  #giveUp(failure: string, isTransient = true, cause?: Error): void {
    const message = `Alma was asked for ${this.#request.subject} and ${failure}. Try again in a moment.`;
    this.#fail(new Unanswered(message, { sentAt: this.#sentAt, isTransient, cause }));
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

/** A body is JSON if it parses as JSON, whatever its content type says. */
function parseBody(bytes: Buffer, contentType: string | undefined): ResponseBody {
  const text = decodeText(bytes, contentType).replace(/^\uFEFF/, "");
  try {
    return { json: parseJson(text) };
  } catch {
    return { text };
  }
}

/** JSON is UTF-8. Other bytes come from a proxy that converted them and names their charset in the content type. */
function decodeText(bytes: Buffer, contentType: string | undefined): string {
  const charset = isUtf8(bytes) ? undefined : /charset="?([^\s";]+)/i.exec(String(contentType))?.[1];
  try {
    return charset === undefined ? bytes.toString("utf8") : new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString("utf8");
  }
}

/** The milliseconds of a Retry-After header, which is a number of seconds or an HTTP date. */
function parseRetryAfter(header: string | string[] | undefined): number | undefined {
  if (typeof header !== "string") return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
