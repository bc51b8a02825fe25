import type { LightSignal } from "./light-signal.ts";

/** Asked whether a write may leave. What either throws ends the call, and nothing is sent. */
export interface Departure {
  /** Asked after every queue; the write waits for the answer. Rejects with AlmaError. */
  prepare(): Promise<void>;
  /** Asked when the connection is there, right before the bytes leave. Throws AlmaError. */
  check(): void;
}

/** Options of one call. */
export interface CallOptions {
  /** Callers' calls go before background calls. */
  readonly priority: "caller" | "background";
  /** Aborts a read whose caller has left or has no time left. Writes ignore it. */
  readonly signal?: LightSignal;
  /** Sent to Alma as X-Request-Id; the queue is fair among request ids. */
  readonly requestId?: string;
  /** Called once for each HTTP request that is sent, retries and other variants of the path included. */
  readonly onSent?: () => void;
  /**
   * Called if the call has to wait in the queue. `promote` moves it from the background's queue to the callers', or to
   * the operation with the given request id if fewer calls of that operation are waiting.
   */
  readonly onQueued?: (promote: (requestId?: string) => void) => void;
  /** Of a write. */
  readonly departure?: Departure;
}

/** A body that is sent while it is read, such as a file in a multipart form. `length` is in bytes, if it is known. */
export interface StreamBody {
  readonly type: string;
  readonly content: AsyncIterable<Uint8Array>;
  readonly length?: number;
}

/** One call to Alma, as the wrappers pass it on. */
export interface AlmaRequest {
  readonly method: "GET" | "POST" | "PATCH" | "OPTIONS";
  /** Below ALMA_URL, percent-encoded, with the final slash. */
  readonly path: string;
  /** `GET realty/units/{id}/`: the path without ids, for logs and metrics. */
  readonly route: string;
  /** For messages: `unit 9199`, `the list of units`. */
  readonly subject: string;
  /** JSON text, or a stream. */
  readonly body?: string | StreamBody;
  readonly options: CallOptions;
  /** Whether the response may be as large as Alma is, as a list is: how long it takes says nothing about Alma. */
  readonly canBeSlow?: boolean;
  /** Whether it concerns one record, so that a 500 or 403 may be about that record, and not about Alma or the key. */
  readonly isAboutRecord?: boolean;
  /** The time, by `performance.now()`, at which the call fails, retries included. Set by withDeadline. */
  readonly deadline?: number;
  /** 1 for the first attempt. Set by withRetry. */
  readonly attempt?: number;
}

/** What aborts a request. Nothing aborts a write. */
export function signalOf({ method, options }: AlmaRequest): LightSignal | undefined {
  return method === "GET" ? options.signal : undefined;
}

/** Whether a request sends a file while it is read, so that it is only as fast as the sender of the file. */
export function isUpload({ body }: AlmaRequest): boolean {
  return typeof body === "object";
}

/** A body that parses as JSON, whatever its content type says, or any other text (HTML, text, nothing). */
export type ResponseBody = { readonly json: unknown } | { readonly text: string };

/** A complete response, of any status. */
export interface AlmaResponse {
  readonly status: number;
  readonly body: ResponseBody;
  /** Milliseconds, from Retry-After. */
  readonly retryAfter?: number;
  /** For a read with the status 403: whether Alma accepts the key for other reads. Set by withKeyCheck. */
  readonly isKeyAccepted?: boolean;
  /** The clock's time when the request was written to the socket, and when the response was complete. */
  readonly sentAt: number;
  readonly endedAt: number;
}

/**
 * Sends one call to Alma. Rejects with Unanswered if there is no complete response, or with the reason of
 * `options.signal`. Log, pause, retry, deadline and limits each wrap a Send in another one;
 * createAlma composes them.
 */
export type Send = (request: AlmaRequest) => Promise<AlmaResponse>;
