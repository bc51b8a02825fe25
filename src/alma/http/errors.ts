/** The stable codes by which callers tell one failure from another. */
export type AlmaErrorCode =
  | "BAD_USER_INPUT"
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "ALMA_REFUSED_KEY"
  | "ALMA_UNAVAILABLE"
  | "ALMA_THROTTLED"
  | "ALMA_BAD_ANSWER"
  | "DEADLINE_EXCEEDED"
  | "CALL_BUDGET_EXCEEDED"
  | "CATALOG_WARMING"
  | "LIMIT_EXCEEDED"
  | "OVERLAPPED"
  | "INTERNAL_SERVER_ERROR";

/** What an AlmaError may carry beside its message. */
export interface AlmaErrorDetails {
  /** Seconds after which it makes sense to ask again. */
  readonly retryAfter?: number;
  /** The setting whose limit was met. */
  readonly limit?: string;
  /** What happened underneath; for the log only: it may name hosts. */
  readonly cause?: unknown;
}

/**
 * The one family of failures. The message is written for the caller: what was asked, what is true, what to do. It
 * never holds the key, a host, or anything that Alma answered.
 */
export class AlmaError extends Error {
  override readonly name: string = "AlmaError";
  readonly code: AlmaErrorCode;
  readonly retryAfter?: number;
  readonly limit?: string;

  constructor(code: AlmaErrorCode, message: string, details: AlmaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
    if (details.limit !== undefined) this.limit = details.limit;
  }
}

/**
 * A request that brought no complete answer. `sentAt` is the clock when it was handed to the socket; undefined means
 * that not a byte of it left, so nothing can have been done.
 */
export class Unanswered extends AlmaError {
  override readonly name = "Unanswered";
  readonly sentAt: number | undefined;
  /** Whether asking again may help: false for an answer that is too large. */
  readonly isTransient: boolean;

  constructor(
    message: string,
    {
      sentAt,
      isTransient = true,
      cause,
    }: { sentAt?: number | undefined; isTransient?: boolean; cause?: unknown },
  ) {
    super(isTransient ? "ALMA_UNAVAILABLE" : "ALMA_BAD_ANSWER", message, { cause });
    this.sentAt = sentAt;
    this.isTransient = isTransient;
  }

  /** What it was underneath, as in ENOTFOUND or CERT_HAS_EXPIRED: for the log, and without a host. */
  get reason(): string | undefined {
    const { code } = (this.cause ?? {}) as { readonly code?: unknown };
    return typeof code === "string" ? code : undefined;
  }
}
