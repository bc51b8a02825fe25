import { AlmaError } from "../../alma/index.ts";
import type { Meter } from "../metering/meter.ts";

/** The sender of a request. */
interface RequestCaller {
  readonly id: string;
  readonly name?: string;
  /** When the key or token expires, in milliseconds since 1970; null if never. */
  readonly expires?: number | null;
}

/** When and why an operation must stop: an AbortSignal or an equivalent. */
export interface StopSignal extends Pick<AbortSignal, "aborted" | "reason"> {
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Never aborted; keeps no listeners. */
export const neverAborted: StopSignal = {
  aborted: false,
  reason: undefined,
  addEventListener() {},
  removeEventListener() {},
};

/** Creates URLs for files that records show. */
export interface FileLinks {
  /** Whether the URLs never expire. */
  readonly isLasting: boolean;
  /** Returns the URL of a file by the path or URL that Alma shows. */
  linkTo(path: string): string;
}

/** The request of an operation. */
export interface GraphRequest {
  readonly requestId: string;
  /** Aborted when the caller disconnects, and with a GraphQLError at the operation's deadline. */
  readonly signal: StopSignal;
  /**
   * The authenticated caller; idempotency keys are stored per caller. Undefined if several callers share the answer;
   * fields that depend on the caller have `@perCaller`.
   */
  readonly caller?: RequestCaller | undefined;
  readonly scopes?: ReadonlySet<string>;
  /** Measures and limits the CPU time of the operation; if omitted, there is no limit. */
  readonly meter?: Meter;
  /** The forwarding id, if another process forwarded the request. */
  readonly forwardingId?: string;
  /** Whether to answer only queries that accept stale data, because no process leads. */
  readonly isLeaderless?: boolean;
  /**
   * Whether no caller waits for it: its calls have low priority, writes that may have been sent are not sent again, and
   * its idempotency key is stored for weeks.
   */
  readonly isBulk?: boolean;
  /** If omitted, file URLs are shown as Alma reports them. */
  readonly files?: FileLinks | undefined;
}

/** Returns the error for the reason why a signal was aborted. */
export function abortReason(signal: StopSignal): AlmaError {
  const { reason } = signal;
  if (reason instanceof AlmaError) return reason;
  const message = reason instanceof Error ? reason.message : "The operation was aborted.";
  return new AlmaError("DEADLINE_EXCEEDED", message);
}
