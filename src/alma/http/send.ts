import type { LightSignal } from "./light-signal.ts";

/** Decides whether a write may be sent. If a method throws, the call ends and nothing is sent. */
export interface SendGuard {
  /** Called when the write has passed all queues; the write waits for it. Rejects with AlmaError. */
  prepare(): Promise<void>;
  /** Called once the connection is open, immediately before sending. Throws AlmaError. */
  check(): void;
}

/** Options of one call. */
export interface CallOptions {
  /** Callers' calls go before background calls. */
  readonly priority: "caller" | "background";
  /** Aborts a read whose caller has disconnected or run out of time. Writes ignore it. */
  readonly signal?: LightSignal;
  /** Sent to Alma as X-Request-Id. The queue is fair among request ids. */
  readonly requestId?: string;
  /** Called once for each HTTP request sent, including retries and path variants. */
  readonly onSent?: () => void;
  /**
   * Called if the call is queued. `promote` moves it from the background queue to the callers' queue; or, with a
   * request id, to that operation, if it has fewer calls waiting.
   */
  readonly onQueued?: (promote: (requestId?: string) => void) => void;
  /** Only for a write. */
  readonly sendGuard?: SendGuard;
}

/** A body sent while it is read, such as a file in a multipart form. `length` is in bytes, if known. */
export interface StreamBody {
  readonly type: string;
  readonly content: AsyncIterable<Uint8Array>;
  readonly length?: number;
}

/** One call to Alma as passed through the wrappers. */
export interface AlmaRequest {
  readonly method: "GET" | "POST" | "PATCH";
  /** The path below ALMA_URL, percent-encoded, with a trailing slash. */
  readonly path: string;
  /** `GET realty/units/{id}/`: the path without ids, for logs and metrics. */
  readonly route: string;
  /** The subject for messages: `unit 9199`, `the list of units`. */
  readonly subject: string;
  /** JSON text, or a stream. */
  readonly body?: string | StreamBody;
  readonly options: CallOptions;
  /** Whether the response may contain all records, like a list, so that its duration says nothing about Alma. */
  readonly canBeSlow?: boolean;
  /** Whether it concerns one record, so that a 500 or 403 may concern that record, not Alma or the key. */
  readonly isAboutRecord?: boolean;
  /** The time, by `performance.now()`, at which the call fails, including retries. Set by withDeadline. */
  readonly deadline?: number;
  /** 1 for the first attempt. Set by withRetry. */
  readonly attempt?: number;
}

/** Returns the signal that aborts a request. Writes have none. */
export function signalOf({ method, options }: AlmaRequest): LightSignal | undefined {
  return method === "GET" ? options.signal : undefined;
}

/** Returns whether a request streams a file, so that it is only as fast as the file's sender. */
export function isUpload({ body }: AlmaRequest): boolean {
  return typeof body === "object";
}

/** A body that parses as JSON, whatever its content type, or any other text (HTML, text, nothing). */
export type ResponseBody = { readonly json: unknown } | { readonly text: string };

/** A complete response with any status. */
export interface AlmaResponse {
  readonly status: number;
  readonly body: ResponseBody;
  /** The milliseconds of Retry-After. */
  readonly retryDelay?: number;
  /** For a read with status 403: whether Alma accepts the key for other reads. Set by withKeyCheck. */
  readonly isKeyAccepted?: boolean;
  /** The clock's time when the request was written to the socket, and when the response was complete. */
  readonly sentAt: number;
  readonly endedAt: number;
}

/** Returns whether a status is 2xx. */
export const isSuccess = ({ status }: { readonly status: number }): boolean => status >= 200 && status < 300;

/**
 * Sends one call to Alma. Rejects with NoResponseError if there is no complete response, or with the reason of
 * `options.signal`. Log, pause, retry, deadline and limits each wrap one Send in another; createAlma composes them.
 */
export type Send = (request: AlmaRequest) => Promise<AlmaResponse>;
