import { waitFor } from "./abort.ts";
import { Unanswered } from "./errors.ts";
import type { AlmaLog } from "./log.ts";
import { Probes } from "./probe.ts";
import type { AlmaRequest, AlmaResponse, Send } from "./send.ts";

/** Failures in a row, of so many addresses, after which calls are kept from Alma. */
const FAILURE_THRESHOLD = 10;
/** The first pause before a probe, and the longest: while calls wait for it, and when Alma is down. */
const WAITING_BACKOFF = { first: 100, longest: 500 };
const DOWN_BACKOFF = { first: 1_000, longest: 5_000 };

/** Alma is down, as far as is known, and this call was not sent. */
export class CircuitOpen extends Unanswered {
  override readonly code = "ALMA_UNAVAILABLE";
  override readonly retryAfter: number;

  constructor(subject: string, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    // Not transient: another attempt of the same call would come too early as well.
    super(`Alma was to be asked for ${subject}, but has been failing all calls. Try again in ${seconds} s.`, {
      isTransient: false,
    });
    this.retryAfter = seconds;
  }
}

/**
 * Spares an Alma that fails, and those who would wait for one that is down. After ten failures in a row (no answer, or
 * a status from 500), of different addresses or because nobody was there, calls are kept from it. One goes ahead as a
 * probe after 0.1 s, 0.2 s, 0.4 s, then every 0.5 s, but no sooner than a Retry-After says, an upload beside it; the
 * others wait, and follow when Alma answers one of them. So a hiccup costs them no more than its time. After `patience`
 * milliseconds without an answer Alma is down: calls fail at once, but for a probe after 1 s, 2 s, 4 s, then every 5 s.
 * A write that is not let through was not done.
 */
export function breaker(
  send: Send,
  log: AlmaLog,
  timeout: number,
): { send: Send; downFor: () => number | undefined } {
  let failures = 0;
  // An address that keeps failing says nothing about the others: it counts once, however often it is asked for.
  const failingAddresses = new Set<string>();
  /** `performance.now()` when it opened; undefined while calls go through. */
  let openedAt: number | undefined;
  let pause = 0;
  let probeAt = 0;
  const probes = new Probes();
  let isDownLogged = false;
  /** What the last failure was, for the log: a status, or a code such as ENOTFOUND; undefined for silence. */
  let reason: number | string | undefined;

  const isDown = (now: number) => openedAt !== undefined && now >= openedAt + timeout;

  const recordFailure = (request: AlmaRequest, address: string, retryAfter = 0) => {
    failures++;
    failingAddresses.add(address);
    const now = performance.now();
    if (openedAt === undefined) {
      if (failingAddresses.size < FAILURE_THRESHOLD) return;
      openedAt = now;
      pause = 0;
    } else if (!probes.has(request)) return;
    const { first, longest } = isDown(now) ? DOWN_BACKOFF : WAITING_BACKOFF;
    pause = Math.min(Math.max(2 * pause, first), longest);
    probeAt = now + Math.max(pause, retryAfter);
  };
  const recordAnswer = (request: AlmaRequest) => {
    // An answer to what was asked before it opened says nothing about now.
    if (openedAt !== undefined && !probes.has(request)) return;
    failures = 0;
    failingAddresses.clear();
    if (openedAt === undefined) return;
    if (isDownLogged)
      log.info({ seconds: Math.round((performance.now() - openedAt) / 1000) }, "Alma answers again");
    openedAt = undefined;
    isDownLogged = false;
    probes.clear();
  };
  const forward = async (request: AlmaRequest): Promise<AlmaResponse> => {
    try {
      const response = await send(request);
      if (response.status >= 500) {
        reason = response.status;
        recordFailure(request, request.path, response.retryAfter);
      } else recordAnswer(request);
      return response;
    } catch (error) {
      // Whoever leaves says nothing about Alma; an answer that is too large is an answer.
      if (error instanceof Unanswered) {
        // Nobody there: that is not the address's doing.
        if (error.isTransient) {
          reason = error.reason;
          recordFailure(request, error.sentAt === undefined ? `nobody there ${failures}` : request.path);
        } else recordAnswer(request);
      }
      throw error;
    }
  };

  const waitAndSend = async (request: AlmaRequest): Promise<AlmaResponse> => {
    const signal = request.method === "GET" ? request.options.signal : undefined;
    while (openedAt !== undefined) {
      const now = performance.now();
      const canProbe = probes.canProbe(request);
      if (canProbe && now >= probeAt) return probes.send(request, forward);
      const remaining = Math.min(openedAt + timeout, request.deadline ?? Infinity) - now;
      if (remaining <= 0) {
        if (isDown(now) && !isDownLogged) {
          isDownLogged = true;
          log.warn({ failures, reason }, "Alma is down: calls fail at once until a probe is answered");
        }
        throw new CircuitOpen(request.subject, probeAt - now);
      }
      await waitFor(probes.nextEnd(), canProbe ? Math.min(remaining, probeAt - now) : remaining, signal);
    }
    return forward(request);
  };

  return {
    send: (request) => (openedAt === undefined ? forward(request) : waitAndSend(request)),
    downFor: () => {
      const now = performance.now();
      return isDown(now) ? Math.max(0, probeAt - now) : undefined;
    },
  };
}
