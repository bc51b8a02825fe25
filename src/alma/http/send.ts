import type { CallOptions } from "./reading.ts";

/** A body that is sent as it is read, such as a file inside a multipart form; `length` in bytes, if it is known. */
export interface StreamBody {
  readonly type: string;
  readonly content: AsyncIterable<Uint8Array>;
  readonly length?: number;
}

/** One call to Alma, as it passes from wrapper to wrapper. */
export interface AlmaRequest {
  readonly method: "GET" | "POST" | "PATCH" | "OPTIONS";
  /** Below ALMA_URL, percent-encoded, with the final slash. */
  readonly path: string;
  /** The path with placeholders, for logs and metrics: never an id. */
  readonly route: string;
  /** For people: `unit 9199`, `the list of units`. */
  readonly subject: string;
  /** JSON text, or a stream. */
  readonly body?: string | StreamBody;
  readonly options: CallOptions;
  /** Headers beside the usual ones, for who traces the call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A list may rightly take as long as the whole call; a single record that takes half of it may have stalled. */
  readonly canBeSlow?: boolean;
  /** `performance.now()` when the call as a whole is given up. Set by deadline. */
  readonly deadline?: number;
  /** 1 for the first attempt. Set by retry. */
  readonly attempt?: number;
  /** Called when the attempt is sent, which is later where calls are paused. Set by retry. */
  readonly onAdmitted?: () => void;
}

/** Whether a request sends a file while it is read: it is no faster than the file's owner. */
export function isUpload({ body }: AlmaRequest): boolean {
  return typeof body === "object";
}

/** What a body is: JSON whatever its content type says, or something else (HTML, text, nothing). */
export type ResponseBody = { readonly json: unknown } | { readonly text: string };

/** A complete answer, of any status. */
export interface AlmaResponse {
  readonly status: number;
  readonly body: ResponseBody;
  /** Milliseconds that Alma asks to be left alone, from Retry-After. */
  readonly retryAfter?: number;
  /** The clock when the request was handed to the socket, and when the answer was complete. */
  readonly sentAt: number;
  readonly endedAt: number;
}

/**
 * Asks Alma. Rejects with Unanswered when no complete answer came, or with the reason of `options.signal`. Trace, log,
 * pause, retry, deadline and limit each make a Send of another; createAlma composes them.
 */
export type Send = (request: AlmaRequest) => Promise<AlmaResponse>;
