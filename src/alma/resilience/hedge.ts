import { onAbort } from "../http/abort.ts";
import { Unanswered } from "../http/errors.ts";
import { afterPolling } from "../http/polling-timer.ts";
import type { AlmaRequest, AlmaResponse, Send } from "../http/send.ts";
import { isTransient, keepResponse } from "./transient.ts";

/**
 * Sends a read, and a second attempt if there is no response after half of the remaining time. The first usable
 * response aborts the other attempt. The time counts from when the first attempt is sent, not while calls are paused.
 */
export async function hedge(
  sendAttempt: Send,
  request: AlmaRequest,
  deadline: number,
): Promise<AlmaResponse> {
  const { options } = request;
  const abortController = new AbortController();
  const stopListening = onAbort(options.signal, (reason) => abortController.abort(reason));
  const abortable = { ...request, options: { ...options, signal: abortController.signal } };
  let cancelTimer = () => {};
  let onAdmitted = () => {};
  const stalled = new Promise<undefined>((resolve) => {
    onAdmitted = () => {
      cancelTimer = afterPolling(() => resolve(undefined), (deadline - performance.now()) / 2);
    };
  });
  try {
    const first = sendAttempt({ ...abortable, onAdmitted });
    const early = await Promise.race([first, stalled]);
    if (early !== undefined) return early;
    const response = await firstUsable([first, sendAttempt(abortable)]);
    abortController.abort(new Error("another attempt was answered"));
    return response;
  } finally {
    cancelTimer();
    stopListening();
  }
}

/** The first response that needs no retry, else the last response, else the last attempt's error. */
function firstUsable(attempts: readonly Promise<AlmaResponse>[]): Promise<AlmaResponse> {
  return new Promise((resolve, reject) => {
    let pending = attempts.length;
    let lastResponse: (() => AlmaResponse) | undefined;
    for (const attempt of attempts) {
      attempt.then(
        (response) => {
          if (--pending === 0 || !isTransient(response)) resolve(response);
          else lastResponse = keepResponse(response) ?? lastResponse;
        },
        (error) => {
          if (--pending > 0) return;
          if (lastResponse && error instanceof Unanswered && error.isTransient) resolve(lastResponse());
          else reject(error);
        },
      );
    }
  });
}
