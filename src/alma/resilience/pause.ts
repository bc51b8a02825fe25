import { waitFor } from "../http/abort.ts";
import { Unanswered } from "../http/errors.ts";
import type { AlmaLog } from "../http/log.ts";
import { afterPolling } from "../http/polling-timer.ts";
import { type AlmaRequest, type AlmaResponse, isUpload, type Send, signalOf } from "../http/send.ts";
import { Pace } from "./pace.ts";
import {
  downSince,
  isDown,
  nextState,
  openState,
  type PauseEvent,
  type PauseEventName,
} from "./pause-state.ts";

/** A call that was not sent, because all calls to Alma are paused for longer than it can wait. */
class CallPaused extends Unanswered {
  override readonly code: "ALMA_THROTTLED" | "ALMA_UNAVAILABLE";
  override readonly retryAfter: number;

  constructor(code: "ALMA_THROTTLED" | "ALMA_UNAVAILABLE", subject: string, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    const reason =
      code === "ALMA_THROTTLED"
        ? `has asked to be left alone for ${seconds} s more. Try again then.`
        : `has been failing all calls. Try again in ${seconds} s.`;
    // Not transient: another attempt of the same call would come too early as well.
    super(`Alma was to be asked for ${subject}, but ${reason}`, { isTransient: false });
    this.code = code;
    this.retryAfter = seconds;
  }
}

/** Milliseconds after which a probe makes way for the next one. */
const PROBE_TIME = 1_000;

/**
 * Pauses all calls of this process while Alma asks for that or fails, one state for all of them:
 *
 * | state     | begins                                            | a paused call waits           | then fails with  |
 * | --------- | ------------------------------------------------- | ----------------------------- | ---------------- |
 * | open      | at start, and when a probe is answered            | is sent                       |                  |
 * | throttled | by the Retry-After of a refusal that sets a pace,  | for the next probe            | ALMA_THROTTLED   |
 * |           | or one beyond the deadline of its call            |                               |                  |
 * | failing   | when ten addresses in a row failed                | until Alma is down            | ALMA_UNAVAILABLE |
 *
 * A failure is no answer, or a status from 500, but not a 500 about one record. A failing Alma is down after
 * `downAfter` milliseconds. While calls are paused, one at a time is sent as a probe: after the Retry-After (60 s at
 * most), or 0.1 s after the tenth failure and 0.2, 0.4, then every 0.5 s after failed probes, or 1 s, then every 2 s
 * while Alma is down. A probe without an answer after 1 s makes way for the next one, so that a call that Alma lost
 * while it hung delays nobody; its own answer still ends the pause. An upload may be an additional probe, since it is
 * as slow as the sender of its file. A call whose deadline comes before the next probe fails at once. A paused write
 * that fails was not sent. While Alma refuses calls beyond a rate, each call is sent at its turn of the pace.
 */
export function pause(
  send: Send,
  { log, downAfter }: { log: AlmaLog; downAfter: number },
): {
  send: Send;
  /** Calls a second; undefined if there is no pace. */
  pace: () => number | undefined;
  pausedFor: () => number | undefined;
  downFor: () => number | undefined;
} {
  let state = openState;
  const pace = new Pace(log);
  /** The probes under way: a call and an upload. */
  const probes = new Map<boolean, AlmaRequest>();
  /** The probes that have made way for others. */
  const lateProbes = new Set<AlmaRequest>();
  const change = createSignal();
  let isDownLogged = false;
  /** The last failure's status, or a code such as ENOTFOUND: for the log. */
  let lastFailure: number | string | undefined;

  const isProbe = (request: AlmaRequest) => probes.get(isUpload(request)) === request;

  const report = (name: PauseEventName, event: Pick<PauseEvent, "address" | "retryAfter"> = {}) => {
    const before = state;
    const now = performance.now();
    state = nextState(before, name, { ...event, now, downAfter });
    if (state.name === before.name) return;
    // A probe of a pause that is over says nothing about the next one.
    if (state.name === "open") {
      probes.clear();
      lateProbes.clear();
    }
    if (state.name === "open" && isDownLogged) {
      log.info({ seconds: Math.round((now - (before.failingSince ?? now)) / 1000) }, "Alma answers again");
      isDownLogged = false;
    }
    change.emit();
  };
  const reportAnswer = (request: AlmaRequest) =>
    report(isProbe(request) || lateProbes.has(request) ? "probeAnswered" : "answered");
  const reportFailure = (
    request: AlmaRequest,
    failure: number | string | undefined,
    event: Pick<PauseEvent, "address" | "retryAfter">,
  ) => {
    lastFailure = failure;
    report(isProbe(request) ? "probeFailed" : "failed", event);
  };

  const sendNow = async (request: AlmaRequest): Promise<AlmaResponse> => {
    const turn = pace.turn(request);
    if (turn) {
      await turn;
      if (performance.now() >= (request.deadline ?? Infinity))
        throw new CallPaused("ALMA_THROTTLED", request.subject, 1_000);
      // Calls may have been paused meanwhile.
      if (state.name !== "open" && !isProbe(request)) return sendWhenOpen(request);
    }
    request.onAdmitted?.();
    const sentAt = performance.now();
    let response: AlmaResponse;
    try {
      response = await send(request);
    } catch (error) {
      // An abort by the caller says nothing about Alma; an answer that is too large is an answer.
      if (error instanceof Unanswered) {
        const address = error.sentAt === undefined ? undefined : request.path;
        if (error.isTransient) reportFailure(request, error.reason, { address });
        else reportAnswer(request);
      }
      throw error;
    }
    const { status, retryAfter } = response;
    const isFailure = status >= 500 && !(status === 500 && request.isAboutRecord);
    if (isFailure) reportFailure(request, status, { address: request.path, retryAfter });
    else reportAnswer(request);
    const isTooLong =
      retryAfter !== undefined && performance.now() + retryAfter > (request.deadline ?? Infinity);
    const isSlowedDown = pace.note(response, sentAt);
    if (retryAfter !== undefined && (isSlowedDown || (isTooLong && (status === 429 || status === 503))))
      report("askedToWait", { retryAfter });
    return response;
  };

  const sendProbe = async (request: AlmaRequest): Promise<AlmaResponse> => {
    probes.set(isUpload(request), request);
    const makeWay = () => {
      if (!isProbe(request)) return;
      probes.delete(isUpload(request));
      lateProbes.add(request);
      report("probeLate");
      change.emit();
    };
    const cancel = isUpload(request) ? undefined : afterPolling(makeWay, PROBE_TIME);
    try {
      return await sendNow(request);
    } finally {
      cancel?.();
      if (isProbe(request)) probes.delete(isUpload(request));
      lateProbes.delete(request);
      change.emit();
    }
  };

  const sendWhenOpen = async (request: AlmaRequest): Promise<AlmaResponse> => {
    const signal = signalOf(request);
    while (state.name !== "open") {
      const now = performance.now();
      const canProbe = !probes.has(isUpload(request));
      if (canProbe && now >= state.probeAt) return sendProbe(request);
      const givesUpAt = state.name === "failing" ? downSince(state, downAfter) : Infinity;
      const waitUntil = Math.min(givesUpAt, request.deadline ?? Infinity);
      // If no probe is under way or due in time, the pause cannot end in time.
      if (now >= waitUntil || (probes.size === 0 && state.probeAt > waitUntil)) throw refuse(request, now);
      await waitFor(change.next(), (canProbe ? Math.min(waitUntil, state.probeAt) : waitUntil) - now, signal);
    }
    return sendNow(request);
  };

  const refuse = ({ subject }: AlmaRequest, now: number): CallPaused => {
    if (isDown(state, { now, downAfter }) && !isDownLogged) {
      isDownLogged = true;
      const { failures } = state;
      log.warn(
        { failures, reason: lastFailure },
        "Alma is down: calls fail at once until a probe is answered",
      );
    }
    const code = state.name === "throttled" ? "ALMA_THROTTLED" : "ALMA_UNAVAILABLE";
    return new CallPaused(code, subject, state.probeAt - now);
  };

  const untilProbe = (now: number) => Math.max(0, state.probeAt - now);
  return {
    send: (request) => (state.name === "open" ? sendNow(request) : sendWhenOpen(request)),
    pace: () => pace.rate,
    pausedFor: () => (state.name === "throttled" ? untilProbe(performance.now()) : undefined),
    downFor: () => {
      const now = performance.now();
      return isDown(state, { now, downAfter }) ? untilProbe(now) : undefined;
    },
  };
}

/** A signal: `emit` resolves the promises that `next` has returned since the last `emit`. */
function createSignal(): { next: () => Promise<void>; emit: () => void } {
  let pending: { promise: Promise<void>; resolve: () => void } | undefined;
  return {
    next: () => {
      if (pending === undefined) {
        let resolve = () => {};
        const promise = new Promise<void>((settle) => {
          resolve = settle;
        });
        pending = { promise, resolve };
      }
      return pending.promise;
    },
    emit: () => {
      pending?.resolve();
      pending = undefined;
    },
  };
}
