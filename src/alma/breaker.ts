import { waitFor } from "./abort.ts";
import { Unanswered } from "./errors.ts";
import type { AlmaLog } from "./log.ts";
import { Probes } from "./probe.ts";
import type { Request, Response, Send } from "./send.ts";

/** Failures in a row, of so many addresses, after which calls are kept from Alma. */
const FAILURES = 10;
/** The first pause before a probe, and the longest: while calls wait for it, and when Alma is down. */
const WAITED_FOR = { first: 100, longest: 500 };
const DOWN = { first: 1_000, longest: 5_000 };

/** Alma is down, as far as is known, and this call was not sent. */
export class Broken extends Unanswered {
  override readonly code = "ALMA_UNAVAILABLE";
  override readonly retryAfter: number;

  constructor(what: string, wait: number) {
    const seconds = Math.max(1, Math.ceil(wait / 1000));
    // Not transient: another attempt of the same call would come too early as well.
    super(`Alma was to be asked for ${what}, but has been failing all calls. Try again in ${seconds} s.`, {
      transient: false,
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
  patience: number,
): { send: Send; brokenFor: () => number | undefined } {
  let failures = 0;
  // An address that keeps failing says nothing about the others: it counts once, however often it is asked for.
  const failing = new Set<string>();
  /** `performance.now()` when it opened; undefined while calls go through. */
  let openedAt: number | undefined;
  let pause = 0;
  let probeAt = 0;
  const probes = new Probes();
  let isToldDown = false;
  /** What the last failure was, for the log: a status, or a code such as ENOTFOUND; undefined for silence. */
  let reason: number | string | undefined;

  const isDown = (now: number) => openedAt !== undefined && now >= openedAt + patience;

  const failed = (request: Request, address: string, retryAfter = 0) => {
    failures++;
    failing.add(address);
    const now = performance.now();
    if (openedAt === undefined) {
      if (failing.size < FAILURES) return;
      openedAt = now;
      pause = 0;
    } else if (!probes.has(request)) return;
    const { first, longest } = isDown(now) ? DOWN : WAITED_FOR;
    pause = Math.min(Math.max(2 * pause, first), longest);
    probeAt = now + Math.max(pause, retryAfter);
  };
  const answered = (request: Request) => {
    // An answer to what was asked before it opened says nothing about now.
    if (openedAt !== undefined && !probes.has(request)) return;
    failures = 0;
    failing.clear();
    if (openedAt === undefined) return;
    if (isToldDown)
      log.info({ seconds: Math.round((performance.now() - openedAt) / 1000) }, "Alma answers again");
    openedAt = undefined;
    isToldDown = false;
    probes.forget();
  };
  const pass = async (request: Request): Promise<Response> => {
    try {
      const response = await send(request);
      if (response.status >= 500) {
        reason = response.status;
        failed(request, request.path, response.retryAfter);
      } else answered(request);
      return response;
    } catch (error) {
      // Whoever leaves says nothing about Alma; an answer that is too large is an answer.
      if (error instanceof Unanswered) {
        // Nobody there: that is not the address's doing.
        if (error.transient) {
          reason = error.reason;
          failed(request, error.sentAt === undefined ? `nobody there ${failures}` : request.path);
        } else answered(request);
      }
      throw error;
    }
  };

  const waiting = async (request: Request): Promise<Response> => {
    const signal = request.method === "GET" ? request.options.signal : undefined;
    while (openedAt !== undefined) {
      const now = performance.now();
      const isFirst = probes.hasRoomFor(request);
      if (isFirst && now >= probeAt) return probes.send(request, pass);
      const left = Math.min(openedAt + patience, request.deadline ?? Infinity) - now;
      if (left <= 0) {
        if (isDown(now) && !isToldDown) {
          isToldDown = true;
          log.warn({ failures, reason }, "Alma is down: calls fail at once until a probe is answered");
        }
        throw new Broken(request.what, probeAt - now);
      }
      await waitFor(probes.over(), isFirst ? Math.min(left, probeAt - now) : left, signal);
    }
    return pass(request);
  };

  return {
    send: (request) => (openedAt === undefined ? pass(request) : waiting(request)),
    brokenFor: () => {
      const now = performance.now();
      return isDown(now) ? Math.max(0, probeAt - now) : undefined;
    },
  };
}
