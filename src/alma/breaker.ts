import { Unanswered } from "./errors.ts";
import type { AlmaLog } from "./log.ts";
import type { Request, Response, Send } from "./send.ts";

/** Failures in a row, of so many addresses, after which Alma counts as down. */
const FAILURES = 10;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 5_000;

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
 * Spares an Alma that is down, and those who would wait for it. After ten failures in a row (no answer, or a status
 * from 500), of different addresses or because nobody was there, calls fail at once and are not sent. After a second,
 * then two, then four, then every five, one call goes ahead as a probe; any answer of Alma's own lets the others
 * follow. A write that is not let through was not done.
 */
export function breaker(send: Send, log: AlmaLog): { send: Send; brokenFor: () => number | undefined } {
  let failures = 0;
  // An address that keeps failing says nothing about the others: it counts once, however often it is asked for.
  const failing = new Set<string>();
  /** `performance.now()` when it opened; undefined while calls go through. */
  let brokenAt: number | undefined;
  let pause = FIRST_PAUSE;
  let probeAt = 0;
  let probing = false;

  const failed = (address: string) => {
    failures++;
    failing.add(address);
    if (brokenAt === undefined) {
      if (failing.size < FAILURES) return;
      brokenAt = performance.now();
      pause = FIRST_PAUSE;
      log.warn({ failures }, "Alma is down: calls fail at once until a probe is answered");
      probeAt = brokenAt + pause;
    }
  };
  const answered = () => {
    failures = 0;
    failing.clear();
    if (brokenAt === undefined) return;
    log.info({ seconds: Math.round((performance.now() - brokenAt) / 1000) }, "Alma answers again");
    brokenAt = undefined;
  };
  const pass = async (request: Request): Promise<Response> => {
    try {
      const response = await send(request);
      if (response.status >= 500) failed(request.path);
      else answered();
      return response;
    } catch (error) {
      // Whoever leaves says nothing about Alma; an answer that is too large is an answer.
      if (error instanceof Unanswered) {
        // Nobody there: that is not the address's doing.
        if (error.transient) failed(error.sentAt === undefined ? `nobody there ${failures}` : request.path);
        else answered();
      }
      throw error;
    }
  };

  const probe = async (request: Request): Promise<Response> => {
    const before = failures;
    probing = true;
    try {
      return await pass(request);
    } finally {
      probing = false;
      if (brokenAt !== undefined && failures > before) {
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        probeAt = performance.now() + pause;
      }
    }
  };

  return {
    send: (request) => {
      if (brokenAt === undefined) return pass(request);
      const wait = probeAt - performance.now();
      if (wait > 0 || probing) return Promise.reject(new Broken(request.what, wait));
      return probe(request);
    },
    brokenFor: () => (brokenAt === undefined ? undefined : Math.max(0, probeAt - performance.now())),
  };
}
