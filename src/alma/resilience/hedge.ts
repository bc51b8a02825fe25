import { onAbort } from "../http/abort.ts";
import { Unanswered } from "../http/errors.ts";
import { LightSignal } from "../http/light-signal.ts";
import { afterPolling } from "../http/polling-timer.ts";
import type { AlmaRequest, AlmaResponse } from "../http/send.ts";
import { isTransient, keepResponse } from "./transient.ts";

/** Sends a request once more. */
export type SendAttempt = (
  attemptSignal?: AlmaRequest["attemptSignal"],
  onAdmitted?: AlmaRequest["onAdmitted"],
) => Promise<AlmaResponse>;

/**
 * Sends a read, and a second attempt if there is no response after half of the remaining time. The first usable
 * response aborts the other attempt. The time counts from when the first attempt is sent, not while calls are paused.
 * `signal` aborts both.
 */
export async function hedge(
  sendAttempt: SendAttempt,
  signal: LightSignal | undefined,
  deadline: number,
): Promise<AlmaResponse> {
  const attemptSignal = new LightSignal();
  const stopListening = onAbort(signal, (reason) => attemptSignal.abort(reason));
  let cancelTimer = () => {};
  try {
    const attempts: Promise<AlmaResponse>[] = [];
    const early = await new Promise<AlmaResponse | undefined>((resolve, reject) => {
      const onAdmitted = () => {
        cancelTimer = afterPolling(() => resolve(undefined), (deadline - performance.now()) / 2);
      };
      const first = sendAttempt(attemptSignal, onAdmitted);
      attempts.push(first);
      first.then(resolve, reject);
    });
    if (early) return early;
    attempts.push(sendAttempt(attemptSignal));
    const response = await firstUsable(attempts);
    attemptSignal.abort(new Error("another attempt was answered"));
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
