import { pause } from "./abort.ts";
import { Unanswered } from "./errors.ts";
import type { Request, Response, Send } from "./send.ts";

const TRANSIENT = new Set([429, 502, 503, 504]);
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

/**
 * Repeats a GET that failed in passing: no complete answer, 429, 502, 503, 504. At most `retries` times, with
 * exponential pauses (half of each is chance, so that callers do not return in step), or the pause that Alma asks
 * for; never beyond the call's deadline. Writes pass through once: what became of a lost one must be looked up.
 */
export function retry(send: Send, { retries }: { retries: number }): Send {
  return async (request) => {
    if (request.method !== "GET")
      return send({ ...request, attempt: 1, until: request.deadline ?? Infinity });
    const started = performance.now();
    const deadline = request.deadline ?? Infinity;
    for (let attempt = 1; ; attempt++) {
      const last = attempt > retries;
      let pausing = backoff(attempt);
      try {
        const response = await send({
          ...request,
          attempt,
          until: last ? deadline : patience(request, started),
        });
        if (last || !isTransient(response)) return response;
        pausing = response.retryAfter ?? pausing;
        if (performance.now() + pausing >= deadline) return response;
      } catch (error) {
        if (last || !(error instanceof Unanswered) || !error.transient) throw error;
        if (performance.now() + pausing >= deadline) throw error;
      }
      await pause(pausing, request.options.signal);
    }
  };
}

/**
 * When an attempt is given up so that another can still win. Half of the whole call for a single record: one that
 * takes longer has stalled. A list of ten thousand entries may rightly take long, so it has all the time there is.
 */
function patience(request: Request, started: number): number {
  const deadline = request.deadline ?? Infinity;
  const half = started + (deadline - started) / 2;
  return request.long || half <= performance.now() ? deadline : half;
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
