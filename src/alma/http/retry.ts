import { delay, onAbort } from "./abort.ts";
import { Unanswered } from "./errors.ts";
import type { AlmaRequest, AlmaResponse, Send } from "./send.ts";

const TRANSIENT = new Set([429, 502, 503, 504]);
/** Milliseconds before the second attempt at most, and before any later one. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

/**
 * Repeats a GET after a transient failure: no complete response, 429, 502, 503 or 504. It does so at most `retries`
 * times, with exponential backoff and jitter, or after Retry-After if that is longer, and never after the call's
 * deadline. If the deadline ends an attempt, the response of the attempt before it is returned. The read of one record
 * that may have stalled is hedged. Writes are sent once: whether an unacknowledged write was done is for its caller to
 * find out.
 */
export function withRetry(send: Send, { retries }: { retries: number }): Send {
  return async (request) => {
    let attempt = 0;
    const sendAttempt: Send = (attempted) => send({ ...attempted, attempt: ++attempt });
    if (request.method !== "GET") return sendAttempt(request);
    const { deadline = Infinity, canBeSlow = false } = request;
    let lastAnswer: (() => AlmaResponse) | undefined;
    for (;;) {
      // A list of ten thousand entries may take long without having stalled.
      const isUnhedged = canBeSlow || attempt >= retries || deadline === Infinity;
      let delayMs: number;
      try {
        const response = await (isUnhedged ? sendAttempt(request) : hedge(sendAttempt, request, deadline));
        if (attempt > retries || !isTransient(response)) return response;
        delayMs = Math.max(backoff(attempt), response.retryAfter ?? 0);
        if (performance.now() + delayMs >= deadline) return response;
        lastAnswer = keepAnswer(response) ?? lastAnswer;
      } catch (error) {
        if (!(error instanceof Unanswered) || !error.isTransient) throw error;
        if (lastAnswer && performance.now() >= deadline) return lastAnswer();
        if (attempt > retries) throw error;
        delayMs = backoff(attempt);
        if (performance.now() + delayMs >= deadline) throw error;
      }
      await delay(delayMs, request.options.signal);
    }
  };
}

/**
 * Sends a read, and a second attempt if there is no response after half of the remaining time. The first usable
 * response aborts the other attempt. The time counts from when the first attempt is sent, not while calls are paused.
 */
async function hedge(sendAttempt: Send, request: AlmaRequest, deadline: number): Promise<AlmaResponse> {
  const { options } = request;
  const abortController = new AbortController();
  const stopListening = onAbort(options.signal, (reason) => abortController.abort(reason));
  const abortable = { ...request, options: { ...options, signal: abortController.signal } };
  let timer: NodeJS.Timeout | undefined;
  let onAdmitted = () => {};
  const stalled = new Promise<undefined>((resolve) => {
    onAdmitted = () => {
      timer = setTimeout(() => resolve(undefined), (deadline - performance.now()) / 2);
    };
  });
  try {
    const first = sendAttempt({ ...abortable, onAdmitted });
    const answer = await Promise.race([first, stalled]);
    if (answer !== undefined) return answer;
    const response = await firstUsable([first, sendAttempt(abortable)]);
    abortController.abort(new Error("another attempt was answered"));
    return response;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

/** The first response that needs no retry, else the last response, else the last attempt's error. */
function firstUsable(attempts: readonly Promise<AlmaResponse>[]): Promise<AlmaResponse> {
  return new Promise((resolve, reject) => {
    let pending = attempts.length;
    let lastAnswer: (() => AlmaResponse) | undefined;
    for (const attempt of attempts) {
      attempt.then(
        (response) => {
          if (--pending === 0 || !isTransient(response)) resolve(response);
          else lastAnswer = keepAnswer(response) ?? lastAnswer;
        },
        (error) => {
          if (--pending > 0) return;
          if (lastAnswer && error instanceof Unanswered && error.isTransient) resolve(lastAnswer());
          else reject(error);
        },
      );
    }
  });
}

/**
 * Keeps a response to be returned later, when less of its Retry-After remains. Undefined for a truncated response,
 * which is of no use.
 */
function keepAnswer(response: AlmaResponse): (() => AlmaResponse) | undefined {
  if (!TRANSIENT.has(response.status)) return undefined;
  const { retryAfter = 0, ...rest } = response;
  const retryAt = performance.now() + retryAfter;
  return () => {
    const remaining = retryAt - performance.now();
    return remaining > 0 ? { ...rest, retryAfter: remaining } : rest;
  };
}

/** Whether a retry may help. A body that begins as JSON and does not parse was truncated on its way. */
function isTransient(response: AlmaResponse): boolean {
  if (TRANSIENT.has(response.status)) return true;
  return (
    response.status >= 200 &&
    response.status < 300 &&
    "text" in response.body &&
    /^\s*[[{]/.test(response.body.text)
  );
}

function backoff(attempt: number): number {
  const longest = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE);
  return longest / 2 + (Math.random() * longest) / 2;
}
