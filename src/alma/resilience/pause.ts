import type { AlmaLog } from "../http/alma-log.ts";
import { NoResponseError } from "../http/errors.ts";
import { type AlmaRequest, type AlmaResponse, type Send, signalOf } from "../http/send.ts";
import { waitFor } from "../http/timer.ts";

/** The number of different addresses that must fail in a row before calls are paused. */
const FAILURE_THRESHOLD = 10;
/** The maximum pause for a Retry-After. All times here are in milliseconds. */
const LONGEST_PAUSE = 60_000;
/** The delay before the first probe of a failing Alma, and the maximum delay. Each delay is twice the previous one. */
const [FIRST_PROBE_DELAY, LONGEST_PROBE_DELAY] = [100, 1_000];
/** How long the next probe waits for the current one. */
const PROBE_TIME = 1_000;

/** A pause of calls. Times are by `performance.now()`. */
export interface Pause {
  /** Whether Alma requested it by Retry-After; otherwise Alma is failing. */
  isRequested: boolean;
  /** When the next probe may be sent. */
  probeAt: number;
  /** The newest probe in progress. */
  probe: AlmaRequest | undefined;
  backoff: number;
}

/**
 * Decides whether calls are paused, by the outcomes of calls. A call sent during a pause, as a probe, refers to that
 * pause.
 */
export class PauseState {
  readonly #onChange: () => void;
  readonly #failedAddresses = new Set<string>();
  #pause: Pause | undefined;
  /** Consecutive failures. */
  failures = 0;
  /** When the tenth address in a row failed; Infinity before. */
  failingSince = Infinity;

  /** `onChange`: called when waiting calls may be sent, or must wait for another event. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Undefined while calls are sent. */
  get pause(): Pause | undefined {
    return this.#pause;
  }

  /** Records that a call is sent as the probe of a pause. */
  beginProbe(request: AlmaRequest, pause: Pause): void {
    pause.probe = request;
    pause.probeAt = performance.now() + PROBE_TIME;
  }

  /**
   * Records that a probe has ended. If it was inconclusive because its caller disconnected, the next one may be sent.
   */
  endProbe(request: AlmaRequest, pause: Pause): void {
    if (pause.probe !== request) return;
    pause.probe = undefined;
    pause.probeAt = performance.now();
    this.#change(this.#pause);
  }

  /**
   * Records an answer. It ends a series of failures, and the pause during which its call was sent, however late it
   * arrives.
   */
  noteAnswer(pause?: Pause): void {
    if (this.#pause !== pause) return;
    this.failures = 0;
    this.#failedAddresses.clear();
    this.failingSince = Infinity;
    this.#change(undefined);
  }

  /**
   * Records a failure. A repeatedly failing address says nothing about others, so it counts once; a failed connection
   * says nothing about the address.
   */
  noteFailure(request: AlmaRequest, isConnected: boolean, retryDelay = 0, pause?: Pause): void {
    const now = performance.now();
    if (this.failingSince > now)
      this.#failedAddresses.add(isConnected ? request.path : `connection ${this.failures}`);
    this.failures++;
    const isFailing = this.#failedAddresses.size >= FAILURE_THRESHOLD;
    if (isFailing) this.failingSince = Math.min(this.failingSince, now);
    if (this.#pause && this.#pause.probe !== request) return;
    const backoff = Math.min(Math.max(2 * (pause?.backoff ?? 0), FIRST_PROBE_DELAY), LONGEST_PROBE_DELAY);
    const probeAt = now + Math.max(backoff, Math.min(retryDelay, LONGEST_PAUSE));
    const failing = { isRequested: false, probeAt, probe: undefined, backoff };
    this.#change(isFailing ? Object.assign(pause ?? failing, failing) : undefined);
  }

  /** Handles a Retry-After. The current probe was sent before it. */
  noteRetryAfter(retryDelay: number): void {
    const probeAt = performance.now() + Math.min(retryDelay, LONGEST_PAUSE);
    this.#change({
      isRequested: true,
      probeAt: Math.max(this.#pause?.probeAt ?? 0, probeAt),
      probe: undefined,
      backoff: 0,
    });
  }

  #change(pause: Pause | undefined): void {
    const isOpen = this.#pause === undefined && pause === undefined;
    this.#pause = pause;
    if (!isOpen) this.#onChange();
  }
}

/** A call that was not sent, because calls to Alma are paused for longer than it can wait. */
class CallPausedError extends NoResponseError {
  override readonly code: "ALMA_THROTTLED" | "ALMA_UNAVAILABLE";
  override readonly retryAfter: number;

  constructor({ isRequested, probeAt }: Pause, subject: string, now: number) {
    const seconds = Math.max(1, Math.ceil((probeAt - now) / 1000));
    const reason = isRequested
      ? `asked for a pause of ${seconds} s more. Try again then.`
      : `has been failing all calls. Try again in ${seconds} s.`;
    // Not transient: another attempt of the same call would be too early as well.
    super(`Alma was not asked for ${subject}: ${reason}`, { isTransient: false });
    this.code = isRequested ? "ALMA_THROTTLED" : "ALMA_UNAVAILABLE";
    this.retryAfter = seconds;
  }
}

/**
 * Pauses all calls of this process while Alma asks for it, by a Retry-After beyond the deadline of its call, or while
 * Alma fails: when ten addresses in a row have failed, without an answer or with a status from 500, except a 500 about
 * one record. Then one call at a time is sent as a probe: after the Retry-After (at most 60 s), or 0.1 s after the
 * tenth failure and then after twice as long each time, up to 1 s. Other calls wait until a probe is answered. After 1
 * s without an answer the next probe is sent, so that a call lost in a hanging Alma delays nothing. A call whose
 * deadline comes before the next probe fails immediately, as do all calls once Alma has been failing for `downAfter`
 * milliseconds (it is down). A paused write that fails was not sent.
 */
export function createPause(send: Send, { log, downAfter }: { log: AlmaLog; downAfter: number }) {
  const waiting: (() => void)[] = [];
  const state = new PauseState(() => {
    for (const wake of waiting.splice(0)) wake();
  });
  const nextChange = () => new Promise<void>((resolve) => waiting.push(resolve));
  let isDownLogged = false;
  /** The last failure's status, or a code such as ENOTFOUND, for the log. */
  let lastFailure: number | string | undefined;

  const downAt = () => state.failingSince + downAfter;

  const noteAnswer = (pause?: Pause) => {
    const { failingSince } = state;
    state.noteAnswer(pause);
    if (!isDownLogged || state.pause) return;
    isDownLogged = false;
    log.info({ seconds: Math.round((performance.now() - failingSince) / 1000) }, "Alma answers again");
  };

  /** `pause`: the pause during which the call is sent as a probe. */
  const sendNow = async (request: AlmaRequest, pause?: Pause) => {
    const { deadline = Infinity, isAboutRecord = false } = request;
    let response: AlmaResponse;
    try {
      response = await send(request);
    } catch (error) {
      // An abort by the caller says nothing about Alma; a response that is too large counts as an answer.
      if (error instanceof NoResponseError && error.isTransient) {
        lastFailure = error.reason;
        state.noteFailure(request, error.sentAt !== undefined, 0, pause);
      } else if (error instanceof NoResponseError) noteAnswer(pause);
      throw error;
    }
    const { status, retryDelay } = response;
    if (status >= 500 && !(status === 500 && isAboutRecord)) {
      lastFailure = status;
      state.noteFailure(request, true, retryDelay, pause);
    } else noteAnswer(pause);
    const isRequested = retryDelay !== undefined && (status === 429 || status === 503);
    if (isRequested && performance.now() + retryDelay > deadline) state.noteRetryAfter(retryDelay);
    return response;
  };

  const sendProbe = (request: AlmaRequest, pause: Pause) => {
    state.beginProbe(request, pause);
    return sendNow(request, pause).finally(() => state.endProbe(request, pause));
  };

  const sendWhenOpen = async (request: AlmaRequest) => {
    const { deadline = Infinity } = request;
    for (let { pause } = state; pause; { pause } = state) {
      const now = performance.now();
      if (now >= pause.probeAt) return sendProbe(request, pause);
      const givesUpAt = pause.isRequested ? deadline : Math.min(deadline, downAt());
      // If no probe is in progress or due in time, the pause cannot end in time.
      if (now >= givesUpAt || (!pause.probe && pause.probeAt > givesUpAt)) throw refusal(request, pause, now);
      await waitFor(nextChange(), Math.min(givesUpAt, pause.probeAt) - now, signalOf(request));
    }
    return sendNow(request);
  };

  const refusal = ({ subject }: AlmaRequest, pause: Pause, now: number) => {
    if (now >= downAt() && !isDownLogged) {
      isDownLogged = true;
      const details = { failures: state.failures, reason: lastFailure };
      log.warn(details, "Alma is down: calls fail at once until a probe is answered");
    }
    return new CallPausedError(pause, subject, now);
  };

  const untilProbe = (holds: (pause: Pause, now: number) => boolean) => {
    const [{ pause }, now] = [state, performance.now()];
    return pause && holds(pause, now) ? Math.max(0, pause.probeAt - now) : undefined;
  };
  return {
    send: (request: AlmaRequest) => (state.pause ? sendWhenOpen(request) : sendNow(request)),
    pausedFor: () => untilProbe(({ isRequested }) => isRequested),
    downFor: () => untilProbe((_, now) => now >= downAt()),
  };
}
