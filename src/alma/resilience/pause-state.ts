import type { AlmaRequest } from "../http/send.ts";

/** How many different addresses fail in a row before calls are paused. */
const FAILURE_THRESHOLD = 10;
/** Milliseconds, as all times here. No Retry-After pauses calls for longer. */
const MAX_RETRY_AFTER = 60_000;
/** The time before the first probe of a failing Alma, and the longest; each is twice the previous one. */
const [FIRST_BACKOFF, LONGEST_BACKOFF] = [100, 1_000];
/** How long the next probe waits for one under way. */
const PROBE_TIME = 1_000;

/** One time for which calls are paused. Times are by `performance.now()`. */
export interface Pause {
  /** Whether Alma asked for it by Retry-After; else it is failing. */
  isAsked: boolean;
  /** When the next probe may be sent. */
  probeAt: number;
  /** The newest probe, while it is under way. */
  probe: AlmaRequest | undefined;
  backoff: number;
}

/** Whether calls are paused, by how calls end. A call that was sent during a pause, as a probe, names that pause. */
export class PauseState {
  readonly #onChange: () => void;
  readonly #failedAddresses = new Set<string>();
  #pause: Pause | undefined;
  /** Failures in a row. */
  failures = 0;
  /** When the tenth address in a row failed; Infinity while fewer have. */
  failingSince = Number.POSITIVE_INFINITY;

  /** `onChange` is called when calls that wait may be sent, or have to wait for something else. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Undefined while calls are sent. */
  get pause(): Pause | undefined {
    return this.#pause;
  }

  /** Notes that a call is sent as the probe of a pause. */
  beginProbe(request: AlmaRequest, pause: Pause): void {
    pause.probe = request;
    pause.probeAt = performance.now() + PROBE_TIME;
  }

  /** Notes that a probe is over. If it has told nothing, since its caller has left, the next one may be sent. */
  endProbe(request: AlmaRequest, pause: Pause): void {
    if (pause.probe !== request) return;
    pause.probe = undefined;
    pause.probeAt = performance.now();
    this.#change(this.#pause);
  }

  /** An answer ends a row of failures, and the pause during which its call was sent, however late it comes. */
  noteAnswer(pause?: Pause): void {
    if (this.#pause !== pause) return;
    this.failures = 0;
    this.#failedAddresses.clear();
    this.failingSince = Number.POSITIVE_INFINITY;
    this.#change(undefined);
  }

  /**
   * An address that keeps failing says nothing about the others, so it counts once; a connection that was not made says
   * nothing about the address.
   */
  noteFailure(request: AlmaRequest, isConnected: boolean, retryAfter = 0, pause?: Pause): void {
    const now = performance.now();
    if (this.failingSince > now)
      this.#failedAddresses.add(isConnected ? request.path : `connection ${this.failures}`);
    this.failures++;
    const isFailing = this.#failedAddresses.size >= FAILURE_THRESHOLD;
    if (isFailing) this.failingSince = Math.min(this.failingSince, now);
    if (this.#pause && this.#pause.probe !== request) return;
    const backoff = Math.min(Math.max(2 * (pause?.backoff ?? 0), FIRST_BACKOFF), LONGEST_BACKOFF);
    const probeAt = now + Math.max(backoff, Math.min(retryAfter, MAX_RETRY_AFTER));
    const failing = { isAsked: false, probeAt, probe: undefined, backoff };
    this.#change(isFailing ? Object.assign(pause ?? failing, failing) : undefined);
  }

  /** Alma asks to be left alone. A probe that is under way was sent before it did. */
  noteRetryAfter(retryAfter: number): void {
    const probeAt = performance.now() + Math.min(retryAfter, MAX_RETRY_AFTER);
    this.#change({
      isAsked: true,
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
