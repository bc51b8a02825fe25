import { AlmaError } from "../../alma/index.ts";
import type { Meter } from "../metering/meter.ts";

/** Who sent a request. */
interface RequestCaller {
  readonly id: string;
  /** For people. */
  readonly name?: string;
  /** When its key or token stops working, in milliseconds since 1970; null if never. */
  readonly expires?: number | null;
}

/** Says when and why an operation is to stop: an AbortSignal, or what says as much. */
export interface StopSignal extends Pick<AbortSignal, "aborted" | "reason"> {
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Where the files are that records show. */
export interface FileLinks {
  /** Whether links work at any time. */
  readonly isLasting: boolean;
  /** The link of a file, by the path or link that Alma shows. */
  linkTo(path: string): string;
}

/** The request of an operation. */
export interface GraphRequest {
  readonly requestId: string;
  /** Aborts when the caller disconnects. Aborts with a GraphQLError at the operation's deadline. */
  readonly signal: StopSignal;
  /**
   * The authenticated caller. Idempotency keys are separate for each caller. Undefined if several callers share the
   * answer: the fields that need one have `@perCaller` in the schema.
   */
  readonly caller?: RequestCaller | undefined;
  /** What the caller may see. */
  readonly scopes?: ReadonlySet<string>;
  /** Measures and limits the CPU of the operation; without one it is not limited. */
  readonly meter?: Meter;
  /** That of a request which another process has forwarded. */
  readonly forwardingId?: string;
  /** Whether only a query that accepts stale data may be answered, since none of several processes leads. */
  readonly isLeaderless?: boolean;
  /**
   * Whether it is one of many that nobody waits for: its calls go behind those of callers, what may have been sent
   * before is not sent again, and its key is kept for weeks.
   */
  readonly isBulk?: boolean;
  /** Without it, files are shown as Alma writes them. */
  readonly files?: FileLinks | undefined;
}

/** Why an operation is to stop. */
export function abortReason(signal: StopSignal): AlmaError {
  const { reason } = signal;
  if (reason instanceof AlmaError) return reason;
  const message = reason instanceof Error ? reason.message : "The operation was given up.";
  return new AlmaError("DEADLINE_EXCEEDED", message);
}
