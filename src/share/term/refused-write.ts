import { AlmaError } from "../../alma/index.ts";
import { StoreUnreachable } from "../../store/index.ts";

/** The error of a write that was not sent, since the store takes no note of it. */
export function unstored(error: unknown): AlmaError {
  if (error instanceof StoreUnreachable) return notSent("the store that all processes share does not answer");
  return new AlmaError(
    "ALMA_UNAVAILABLE",
    `The gateway notes every change in its store (STORE_URL) before it is sent to Alma, and could not ` +
      `(${(error as Error).message}), so nothing was sent. The operator has to check the disk; then send it again.`,
    { cause: error },
  );
}

/** The error of a write that was not sent. `retryAfter`: in seconds. */
export function notSent(reason: string, retryAfter = 1): AlmaError {
  const message = `The change was not sent to Alma: ${reason}. Nothing was done. Send it again in a moment.`;
  return new AlmaError("NO_LEADER", message, { retryAfter });
}
