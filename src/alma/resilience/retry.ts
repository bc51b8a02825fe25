import { delay } from "../http/abort.ts";
import { Unanswered } from "../http/errors.ts";
import type { AlmaResponse, Send } from "../http/send.ts";
import { hedge, type SendAttempt } from "./hedge.ts";
import { isTransient, keepResponse } from "./transient.ts";

/** Milliseconds: the longest delay before the second attempt, and before any later attempt. */
const FIRST_BACKOFF = 100;
const LONGEST_BACKOFF = 2_000;

/**
 * Repeats a GET after a transient failure: no complete response, 429, 502, 503 or 504. It does so at most `retries`
 * times, with exponential backoff and jitter, or after Retry-After if that is longer, and never after the call's
 * deadline. If the deadline ends an attempt, the response of the attempt before it is returned. The read of one record
 * that may have stalled is hedged. Writes are sent once: their caller has to find out whether an unacknowledged write
 * was done.
 */
export function withRetry(send: Send, { retries }: { retries: number }): Send {
  return async (request) => {
    let attempt = 0;
    const sendAttempt: SendAttempt = (attemptSignal, onAdmitted) =>
      send({ ...request, attempt: ++attempt, attemptSignal, onAdmitted });
    if (request.method !== "GET") return sendAttempt();
    const { deadline = Infinity, canBeSlow = false } = request;
    const { signal } = request.options;
    let lastResponse: (() => AlmaResponse) | undefined;
    for (;;) {
      // A list of ten thousand entries may take long without having stalled.
      const isUnhedged = canBeSlow || attempt >= retries || deadline === Infinity;
      let delayMs: number;
      try {
        const response = await (isUnhedged ? sendAttempt() : hedge(sendAttempt, signal, deadline));
        if (attempt > retries || !isTransient(response)) return response;
        delayMs = Math.max(backoff(attempt), response.retryAfter ?? 0);
        if (performance.now() + delayMs >= deadline) return response;
        lastResponse = keepResponse(response) ?? lastResponse;
      } catch (error) {
        if (!(error instanceof Unanswered) || !error.isTransient) throw error;
        if (lastResponse && performance.now() >= deadline) return lastResponse();
        if (attempt > retries) throw error;
        delayMs = backoff(attempt);
        if (performance.now() + delayMs >= deadline) throw error;
      }
      await delay(delayMs, signal);
    }
  };
}

/** Milliseconds, half of them at random, so that callers do not retry at the same time. */
function backoff(attempt: number): number {
  const longest = Math.min(FIRST_BACKOFF * 2 ** (attempt - 1), LONGEST_BACKOFF);
  return longest / 2 + (Math.random() * longest) / 2;
}
