import { pause, waitFor } from "./abort.ts";
import { Unanswered } from "./errors.ts";
import { Probes } from "./probe.ts";
import type { Request, Response, Send } from "./send.ts";

const LONGEST_HOLD = 60_000;

/** Alma has asked to be left alone, and this call cannot wait for so long: it was not sent. */
export class HeldBack extends Unanswered {
  override readonly code = "ALMA_THROTTLED";
  override readonly retryAfter: number;

  constructor(what: string, wait: number) {
    const seconds = Math.max(1, Math.ceil(wait / 1000));
    super(
      `Alma was to be asked for ${what}, but has asked to be left alone for ${seconds} s more. Try again then.`,
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
export function hold(send: Send): { send: Send; heldFor: () => number | undefined } {
  // 0: free. In the future: held. In the past: the hold is over, but nobody has probed yet.
  let until = 0;
  const probes = new Probes();

  const pass = async (request: Request): Promise<Response> => {
    const response = await send(request);
    const { retryAfter, status } = response;
    if (retryAfter === undefined || (status !== 429 && status !== 503)) return response;
    const now = performance.now();
    if (now + retryAfter > (request.deadline ?? Infinity))
      until = Math.max(until, now + Math.min(retryAfter, LONGEST_HOLD));
    return response;
  };

  const probing = async (request: Request): Promise<Response> => {
    const held = until;
    const free = () => {
      if (until === held) until = 0;
    };
    try {
      const response = await pass(request);
      free();
      return response;
    } catch (error) {
      // A probe whose caller left says nothing about Alma: the next call probes.
      if (error instanceof Unanswered) free();
      throw error;
    }
  };

  const waiting = async (request: Request): Promise<Response> => {
    const signal = request.method === "GET" ? request.options.signal : undefined;
    const deadline = request.deadline ?? Infinity;
    while (until !== 0) {
      const now = performance.now();
      const wait = until - now;
      if (wait <= 0 && probes.hasRoomFor(request)) return probes.send(request, probing);
      if (now >= deadline || now + wait > deadline) throw new HeldBack(request.what, Math.max(wait, 0));
      if (wait > 0) await pause(wait, signal);
      else await waitFor(probes.over(), deadline - now, signal);
    }
    return pass(request);
  };

  return {
    send: (request) => (until === 0 ? pass(request) : waiting(request)),
    heldFor: () => (until === 0 ? undefined : Math.max(0, until - performance.now())),
  };
}
