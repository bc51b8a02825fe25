import { AlmaError } from "../../alma/index.ts";
import { StoreUnreachableError } from "../../store/index.ts";

/** Creates the error of a write that was not sent because the store could not record it. */
export function notStoredError(error: unknown): AlmaError {
  if (error instanceof StoreUnreachableError)
    return noLeaderError("the store that all processes share does not answer");
  return new AlmaError(
    "ALMA_UNAVAILABLE",
    `The gateway notes every change in its store (STORE_URL) before it is sent to Alma, and could not ` +
      `(${(error as Error).message}), so nothing was sent. The operator must check the disk; then send it again.`,
    { cause: error },
  );
}

/** Creates the error for a stored value that is damaged. `place`: see `createSealedValues`. */
export const damagedValueError = (place: string, cause: unknown): AlmaError =>
  new AlmaError(
    "ALMA_UNAVAILABLE",
    `The data of this ${place === "job" ? "job" : "idempotency key"} in the store (STORE_URL) is damaged: it was changed ` +
      "or moved. Nothing was sent. The operator must restore a backup; check in Alma what was " +
      "done under the key before you use another one.",
    { cause },
  );

/** Creates the error of a write that was not sent. `retryAfter`: in seconds. */
export function noLeaderError(reason: string, retryAfter = 1): AlmaError {
  const message = `The change was not sent to Alma: ${reason}. Nothing was done. Send it again in a moment.`;
  return new AlmaError("NO_LEADER", message, { retryAfter });
}
