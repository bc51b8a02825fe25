import { delay, waitFor } from "./abort.ts";
import { Unanswered } from "./errors.ts";
import { Probes } from "./probe.ts";
import type { AlmaRequest, AlmaResponse, Send } from "./send.ts";

const MAX_PAUSE = 60_000;

/** Alma has asked to be left alone, and this call cannot wait for so long: it was not sent. */
export class CallPaused extends Unanswered {
  override readonly code = "ALMA_THROTTLED";
  override readonly retryAfter: number;

  constructor(subject: string, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    super(
      `Alma was to be asked for ${subject}, but has asked to be left alone for ${seconds} s more. Try again then.`,
      {},
    );
    this.retryAfter = seconds;
  }
}

/**
 * Keeps the whole process from Alma when a Retry-After is longer than a call may take: 60 s at most. Calls that
 * cannot wait so long fail at once; afterwards one call goes ahead as a probe, an upload beside it, and the rest follow
 * when one of them comes back.
 */
export function hold(send: Send): { send: Send; pausedFor: () => number | undefined } {
  // 0: free. In the future: held. In the past: the hold is over, but nobody has probed yet.
  let pausedUntil = 0;
  const probes = new Probes();

  const forward = async (request: AlmaRequest): Promise<AlmaResponse> => {
    const response = await send(request);
    const { retryAfter, status } = response;
    if (retryAfter === undefined || (status !== 429 && status !== 503)) return response;
    const now = performance.now();
    if (now + retryAfter > (request.deadline ?? Infinity))
      pausedUntil = Math.max(pausedUntil, now + Math.min(retryAfter, MAX_PAUSE));
    return response;
  };

  const sendProbe = async (request: AlmaRequest): Promise<AlmaResponse> => {
    const pausedBefore = pausedUntil;
    const resume = () => {
      if (pausedUntil === pausedBefore) pausedUntil = 0;
    };
    try {
      const response = await forward(request);
      resume();
      return response;
    } catch (error) {
      // A probe whose caller left says nothing about Alma: the next call probes.
      if (error instanceof Unanswered) resume();
      throw error;
    }
  };

  const waitAndSend = async (request: AlmaRequest): Promise<AlmaResponse> => {
    const signal = request.method === "GET" ? request.options.signal : undefined;
    const deadline = request.deadline ?? Infinity;
    while (pausedUntil !== 0) {
      const now = performance.now();
      const remaining = pausedUntil - now;
      if (remaining <= 0 && probes.canProbe(request)) return probes.send(request, sendProbe);
      if (now >= deadline || now + remaining > deadline)
        throw new CallPaused(request.subject, Math.max(remaining, 0));
      if (remaining > 0) await delay(remaining, signal);
      else await waitFor(probes.nextEnd(), deadline - now, signal);
    }
    return forward(request);
  };

  return {
    send: (request) => (pausedUntil === 0 ? forward(request) : waitAndSend(request)),
    pausedFor: () => (pausedUntil === 0 ? undefined : Math.max(0, pausedUntil - performance.now())),
  };
}
