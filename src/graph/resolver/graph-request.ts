import { AlmaError } from "../../alma/index.ts";
import type { Meter } from "../metering/meter.ts";

/** The sender of a request. */
interface RequestCaller {
  readonly id: string;
  readonly name?: string;
  /** When the key or token expires, in milliseconds since 1970; null if never. */
  readonly expires?: number | null;
}

/** Says when and why an operation must stop: an AbortSignal or an equivalent. */
export interface StopSignal extends Pick<AbortSignal, "aborted" | "reason"> {
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Creates links to files that records show. */
export interface FileLinks {
  /** Whether links never expire. */
  readonly isLasting: boolean;
  /** Returns the link of a file by the path or link that Alma shows. */
  linkTo(path: string): string;
}

/** The request of an operation. */
export interface GraphRequest {
  readonly requestId: string;
  /** Aborts when the caller disconnects. Aborts with a GraphQLError at the operation's deadline. */
  readonly signal: StopSignal;
  /**
   * The authenticated caller; idempotency keys are kept per caller. Undefined if several callers share the
   * answer: fields that need one have `@perCaller`.
   */
  readonly caller?: RequestCaller | undefined;
  readonly scopes?: ReadonlySet<string>;
  /** Measures and limits the CPU of the operation; without it, there is no limit. */
  readonly meter?: Meter;
  /** That of a request which another process has forwarded. */
  readonly forwardingId?: string;
  /** Whether to answer only queries that accept stale data, because no process leads. */
  readonly isLeaderless?: boolean;
  /**
   * Whether nobody waits for it: its calls have low priority, writes that may have been sent are not sent
   * again, and its key is kept for weeks.
   */
  readonly isBulk?: boolean;
  /** Without it, files are shown as Alma reports them. */
  readonly files?: FileLinks | undefined;
}

/** Returns the error for the reason that a signal was aborted. */
export function abortReason(signal: StopSignal): AlmaError {
  const { reason } = signal;
  if (reason instanceof AlmaError) return reason;
  const message = reason instanceof Error ? reason.message : "The operation was given up.";
  return new AlmaError("DEADLINE_EXCEEDED", message);
}
