import { NoResponseError } from "../http/errors.ts";
import {
  type AlmaRequest,
  type AlmaResponse,
  isSuccess,
  isUpload,
  type Send,
  signalOf,
} from "../http/send.ts";
import { delay } from "../http/timer.ts";

/**
 * Sets the deadline of a call: `timeout` milliseconds after it leaves the queue, including retries and pauses. The
 * transport ends an attempt at the deadline, and no retry starts after it. An upload is only as fast as its sender, so
 * it gets ten times as long.
 */
export function withDeadline(send: Send, timeout: number): Send {
  return (request) => {
    const budget = isUpload(request) ? 10 * timeout : timeout;
    return send({ ...request, deadline: performance.now() + budget });
  };
}

/** The maximum delays, in milliseconds, before the second attempt and before later ones. */
const [FIRST_RETRY_DELAY, LONGEST_RETRY_DELAY] = [100, 2_000];
/** Statuses after which a retry may help. */
const TRANSIENT = new Set([429, 502, 503, 504]);
/** The maximum number of answers from 502 to 504 per call. */
const MAX_FAILURES = 3;

/** The maximum number of retries, and a function that waits until a call with a slot may be sent again. */
export interface RetryOptions {
  readonly retries: number;
  readonly turn: (request: AlmaRequest) => Promise<unknown> | undefined;
}

/**
 * Repeats a read after a transient failure: no complete response, 429, 502, 503 or 504. Repeats a write only after a
 * 429, since it was certainly not performed; after any other failure, the caller must determine its outcome. Attempts
 * follow after an exponential backoff with jitter, or a longer Retry-After, when the pace allows, and never after the
 * deadline. If the deadline ends an attempt, the last response is returned. Three answers from 502 to 504 end the call,
 * since more would only burden an Alma that is down; a 429 is repeated while there is time.
 */
export function withRetry(send: Send, { retries, turn }: RetryOptions): Send {
  return async (request) => {
    const { deadline = Infinity } = request;
    const isTooLate = (wait: number) => performance.now() + wait >= deadline;
    let lastResponse: AlmaResponse | undefined;
    let failures = 0;
    for (let attempt = 1; ; attempt++) {
      let wait = backoff(attempt);
      let giveUp: () => AlmaResponse;
      try {
        const response = await send({ ...request, attempt });
        const { retryDelay = 0, ...waitedFor } = response;
        // A refusal takes no time: immediate retries would only add to the refused calls.
        wait = Math.max(response.status === 429 ? backoff(attempt + 2) : wait, retryDelay);
        if (response.status >= 500) failures++;
        if ((attempt > retries && response.status !== 429) || failures === MAX_FAILURES) return response;
        if (!isTransient(request, response) || isTooLate(wait)) return response;
        // A truncated response is useless.
        if (TRANSIENT.has(response.status)) lastResponse = waitedFor;
        giveUp = () => response;
      } catch (error) {
        if (request.method !== "GET" || !(error instanceof NoResponseError) || !error.isTransient)
          throw error;
        if (lastResponse && isTooLate(0)) return lastResponse;
        if (attempt > retries || isTooLate(wait)) throw error;
        giveUp = () => {
          throw error;
        };
      }
      await delay(wait, signalOf(request));
      await turn(request);
      if (isTooLate(0)) return lastResponse ?? giveUp();
    }
  };
}

/** Returns whether a retry may help. A body that begins as JSON and does not parse was truncated. */
function isTransient(request: AlmaRequest, response: AlmaResponse) {
  const { status, body } = response;
  if (request.method !== "GET") return status === 429 && !isUpload(request);
  if (TRANSIENT.has(status)) return true;
  return isSuccess(response) && "text" in body && /^\s*[[{]/.test(body.text);
}

/** Returns a delay in milliseconds, half of it random, so that callers do not retry at the same time. */
function backoff(attempt: number) {
  const longest = Math.min(FIRST_RETRY_DELAY * 2 ** (attempt - 1), LONGEST_RETRY_DELAY);
  return longest / 2 + (Math.random() * longest) / 2;
}
