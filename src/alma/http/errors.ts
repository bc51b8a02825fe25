/**
 * The error codes, a stable interface, and whether their condition passes without action. If it passes, nothing was
 * done.
 */
export const errorCodes = {
  BAD_USER_INPUT: "stays",
  UNAUTHENTICATED: "stays",
  FORBIDDEN: "stays",
  ALMA_REFUSED_KEY: "passes",
  ALMA_REFUSED_RECORD: "stays",
  ALMA_UNAVAILABLE: "passes",
  ALMA_THROTTLED: "passes",
  ALMA_BAD_ANSWER: "may pass",
  DEADLINE_EXCEEDED: "may pass",
  CALL_BUDGET_EXCEEDED: "may pass",
  CATALOG_WARMING: "passes",
  LIMIT_EXCEEDED: "stays",
  OVERLOADED: "passes",
  OVERLAPPED: "passes",
  CURSOR_EXPIRED: "stays",
  NOT_KNOWN_THEN: "stays",
  NO_LEADER: "passes",
  WRITE_UNSETTLED: "passes",
  AMBIGUOUS_REF: "stays",
  INTERNAL_SERVER_ERROR: "may pass",
} as const;

/** The code of an expected failure. */
export type AlmaErrorCode = keyof typeof errorCodes;

/** Returns whether the condition of an error code passes without action. Conditions of other codes stay. */
export const errorPersistence = (code: string): "passes" | "may pass" | "stays" =>
  Object.hasOwn(errorCodes, code) ? errorCodes[code as AlmaErrorCode] : "stays";

/** Optional parts of an AlmaError. */
interface AlmaErrorDetails {
  /** The seconds until a retry makes sense. */
  readonly retryAfter?: number;
  /** The setting whose limit was exceeded. */
  readonly limit?: string;
  /** Since when the requested data is known, as a date in ISO 8601. */
  readonly since?: string;
  /** Whether Alma failed only for the requested record. */
  readonly isAboutRecord?: boolean;
  /** The underlying error, only for the log, since it may contain host names. */
  readonly cause?: unknown;
}

/**
 * The base class of all expected failures. The message is for the caller: what was requested, what happened, what to
 * do. It never contains the API key, a host name or a body of Alma.
 */
export class AlmaError extends Error {
  override readonly name: string = "AlmaError";
  readonly code: AlmaErrorCode;
  readonly retryAfter?: number;
  readonly limit?: string;
  readonly since?: string;
  readonly isAboutRecord: boolean;

  constructor(code: AlmaErrorCode, message: string, details: AlmaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.isAboutRecord = details.isAboutRecord ?? false;
    this.retryAfter = details.retryAfter;
    this.limit = details.limit;
    this.since = details.since;
  }
}

/** A write that was not sent because its `SendGuard` refused. It says nothing about the state of Alma. */
export class NotSentError extends AlmaError {
  override readonly name = "NotSentError";

  /** Wraps an expected error; returns any other unchanged. */
  static by(error: unknown): unknown {
    if (!(error instanceof AlmaError)) return error;
    const { code, message, retryAfter } = error;
    return new NotSentError(code, message, { cause: error, retryAfter });
  }
}

/**
 * A request without a complete response. `sentAt` is the clock's time when it was written to the socket; undefined if
 * nothing was sent, so that Alma cannot have performed it.
 */
export class NoResponseError extends AlmaError {
  override readonly name = "NoResponseError";
  readonly sentAt: number | undefined;
  /** Whether a retry may help: not if the response is too large, or calls are paused. */
  readonly isTransient: boolean;

  constructor(
    message: string,
    { sentAt, isTransient = true, cause }: { sentAt?: number; isTransient?: boolean; cause?: unknown },
  ) {
    super(isTransient ? "ALMA_UNAVAILABLE" : "ALMA_BAD_ANSWER", message, { cause });
    this.sentAt = sentAt;
    this.isTransient = isTransient;
  }

  /** The code of the underlying error, such as ENOTFOUND or CERT_HAS_EXPIRED; safe to log, without a host. */
  get reason(): string | undefined {
    const { code } = (this.cause ?? {}) as { readonly code?: unknown };
    return typeof code === "string" ? code : undefined;
  }
}
