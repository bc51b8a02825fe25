import { onAbort, pause } from "./abort.ts";
import { Unanswered } from "./errors.ts";
import type { Request, Response, Send } from "./send.ts";

const TRANSIENT = new Set([429, 502, 503, 504]);
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

/**
 * Repeats a GET that failed in passing: no complete answer, 429, 502, 503, 504. At most `retries` times, with
 * exponential pauses (half of each is chance, so that callers do not return in step), or the pause that Alma asks for
 * if that is longer; never beyond the call's deadline. An attempt that the deadline cuts off says less than the answer
 * before it, which then counts. A single record that may have stalled is asked for once more meanwhile. Writes pass
 * through once: what became of a lost one must be looked up.
 */
export function retry(send: Send, { retries }: { retries: number }): Send {
  return async (request) => {
    let attempt = 0;
    const ask: Send = (each) => send({ ...each, attempt: ++attempt });
    if (request.method !== "GET") return ask(request);
    const { deadline = Infinity, long = false } = request;
    let answered: (() => Response) | undefined;
    for (;;) {
      const left = deadline - performance.now();
      // A list of ten thousand entries may rightly take long.
      const isOnce = long || attempt >= retries || left === Infinity;
      let pausing: number;
      try {
        const response = await (isOnce ? ask(request) : twice(ask, request, left / 2));
        if (attempt > retries || !isTransient(response)) return response;
        pausing = Math.max(backoff(attempt), response.retryAfter ?? 0);
        if (performance.now() + pausing >= deadline) return response;
        answered = kept(response) ?? answered;
      } catch (error) {
        if (!(error instanceof Unanswered) || !error.transient) throw error;
        if (answered && performance.now() >= deadline) return answered();
        if (attempt > retries) throw error;
        pausing = backoff(attempt);
        if (performance.now() + pausing >= deadline) throw error;
      }
      await pause(pausing, request.options.signal);
    }
  };
}

/**
 * Asks, and asks again if there is no answer after `ms`: the first answer that will do ends the other attempt, and who
 * leaves ends both.
 */
async function twice(ask: Send, request: Request, ms: number): Promise<Response> {
  const { options } = request;
  const ending = new AbortController();
  const off = onAbort(options.signal, (reason) => ending.abort(reason));
  const either = { ...request, options: { ...options, signal: ending.signal } };
  try {
    const first = ask(either);
    if (!(await outlasts(first, ms))) return await first;
    const response = await firstGood([first, ask(either)]);
    ending.abort(new Error("another attempt was answered"));
    return response;
  } finally {
    off();
  }
}

/** Whether it is not over after `ms`. */
function outlasts(asked: Promise<Response>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms);
    const over = () => {
      clearTimeout(timer);
      resolve(false);
    };
    asked.then(over, over);
  });
}

/** The first answer that need not be asked for again, or else the last one, or else what the last attempt comes to. */
function firstGood(attempts: readonly Promise<Response>[]): Promise<Response> {
  return new Promise((resolve, reject) => {
    let open = attempts.length;
    let answered: (() => Response) | undefined;
    for (const attempt of attempts) {
      attempt.then(
        (response) => {
          if (--open === 0 || !isTransient(response)) resolve(response);
          else answered = kept(response) ?? answered;
        },
        (error) => {
          if (--open > 0) return;
          if (answered && error instanceof Unanswered && error.transient) resolve(answered());
          else reject(error);
        },
      );
    }
  });
}

/**
 * Keeps what Alma said of itself for later, when less of its Retry-After is left, or nothing. An answer that was cut
 * short says nothing.
 */
function kept(response: Response): (() => Response) | undefined {
  if (!TRANSIENT.has(response.status)) return undefined;
  const { retryAfter = 0, ...rest } = response;
  const until = performance.now() + retryAfter;
  return () => {
    const left = until - performance.now();
    return left > 0 ? { ...rest, retryAfter: left } : rest;
  };
}

/** A body that begins as JSON and does not end as JSON was cut short on its way. */
function isTransient(response: Response): boolean {
  if (TRANSIENT.has(response.status)) return true;
  return (
    response.status >= 200 &&
    response.status < 300 &&
    "text" in response.body &&
    /^\s*[[{]/.test(response.body.text)
  );
}

function backoff(attempt: number): number {
  const most = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE);
  return most / 2 + (Math.random() * most) / 2;
}
