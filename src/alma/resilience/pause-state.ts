/** How many different addresses fail in a row before calls are paused. */
const FAILURE_THRESHOLD = 10;
/** No Retry-After pauses calls for longer. Milliseconds, as all times here. */
const MAX_RETRY_AFTER = 60_000;
/** The pause before a probe of a failing Alma, at first and at most; each pause is twice the previous one. */
const FAILING_BACKOFF = { first: 100, longest: 500 };
/** The same for an Alma that is down. */
const DOWN_BACKOFF = { first: 1_000, longest: 2_000 };

/** Calls are sent (open), or paused because Alma asked for it by Retry-After (throttled), or because it is failing. */
export type PauseStateName = "open" | "throttled" | "failing";

/** All that decides whether a call may be sent. Times are by `performance.now()`. */
export interface PauseState {
  readonly name: PauseStateName;
  /** While paused, a probe may be sent from this time on. */
  readonly probeAt: number;
  /** The current pause between probes of a failing Alma. */
  readonly backoff: number;
  /** Failures in a row, and the first addresses among them. */
  readonly failures: number;
  readonly failedAddresses: ReadonlySet<string>;
  /** When the tenth address in a row failed. */
  readonly failingSince?: number;
}

/**
 * The result of a call. A probe is a call that was sent while others were paused; it is late when its own time is over
 * without a result.
 */
export type PauseEventName =
  | "answered"
  | "failed"
  | "probeAnswered"
  | "probeFailed"
  | "probeLate"
  | "askedToWait";

/** What the next state depends on, in addition to the name of the event. */
export interface PauseEvent {
  readonly now: number;
  /** Milliseconds: Alma is down when it has been failing for this long. */
  readonly downAfter: number;
  /** The path of the call; undefined if no connection was made, since that says nothing about the path. */
  readonly address?: string | undefined;
  /** Milliseconds from Retry-After. */
  readonly retryAfter?: number | undefined;
}

type Transition = (state: PauseState, event: PauseEvent) => PauseState;

/** The state at the start, and after an answered probe. */
export const openState: PauseState = {
  name: "open",
  probeAt: 0,
  backoff: 0,
  failures: 0,
  failedAddresses: new Set(),
};

const resume: Transition = () => openState;
const stay: Transition = (state) => state;

/** An answer ends a row of failures, but not while Alma is failing: then its call was sent before the pause. */
const forgetFailures: Transition = (state) =>
  state.failures === 0 || state.failingSince !== undefined
    ? state
    : { ...state, failures: 0, failedAddresses: openState.failedAddresses };

const countFailure: Transition = (state, { now, address = `connection ${state.failures}` }) => {
  const failures = state.failures + 1;
  if (state.failingSince !== undefined) return { ...state, failures };
  // An address that keeps failing says nothing about the others, so it counts once.
  const failedAddresses = new Set(state.failedAddresses).add(address);
  const isFailing = failedAddresses.size >= FAILURE_THRESHOLD;
  return { ...state, failures, failedAddresses, ...(isFailing && { failingSince: now }) };
};

/** Pauses a failing Alma until the next probe. */
const backOff: Transition = (before, event) => {
  const state = countFailure(before, event);
  if (state.failingSince === undefined) return { ...state, name: "open" };
  const { now, retryAfter = 0 } = event;
  const { first, longest } = isDown(state, event) ? DOWN_BACKOFF : FAILING_BACKOFF;
  const backoff = Math.min(Math.max(2 * state.backoff, first), longest);
  return {
    ...state,
    name: "failing",
    backoff,
    probeAt: now + Math.max(backoff, Math.min(retryAfter, MAX_RETRY_AFTER)),
  };
};

const throttle: Transition = (state, { now, retryAfter = 0 }) => {
  const probeAt = now + Math.min(retryAfter, MAX_RETRY_AFTER);
  return { ...state, name: "throttled", probeAt: Math.max(state.probeAt, probeAt) };
};

/** A Retry-After may have been prolonged while the probe was under way. */
const unlessProlonged =
  (over: Transition, prolonged: Transition): Transition =>
  (state, event) =>
    (event.now >= state.probeAt ? over : prolonged)(state, event);

/** The transition of each state by each event. */
const transitions: Readonly<Record<PauseStateName, Readonly<Record<PauseEventName, Transition>>>> = {
  open: {
    answered: forgetFailures,
    failed: backOff,
    probeAnswered: resume,
    probeFailed: backOff,
    probeLate: stay,
    askedToWait: throttle,
  },
  throttled: {
    answered: forgetFailures,
    failed: countFailure,
    probeAnswered: unlessProlonged(resume, forgetFailures),
    probeFailed: unlessProlonged(backOff, countFailure),
    probeLate: stay,
    askedToWait: throttle,
  },
  failing: {
    answered: forgetFailures,
    failed: countFailure,
    probeAnswered: resume,
    probeFailed: backOff,
    probeLate: backOff,
    askedToWait: throttle,
  },
};

/** The state after an event. */
export function nextState(state: PauseState, name: PauseEventName, event: PauseEvent): PauseState {
  return transitions[state.name][name](state, event);
}

/** Whether Alma has been failing for so long that calls no longer wait for it. */
export function isDown(
  state: PauseState,
  { now, downAfter }: Pick<PauseEvent, "now" | "downAfter">,
): boolean {
  return now >= downSince(state, downAfter);
}

/** When Alma counts, or will count, as down if no probe is answered; Infinity if it is not failing. */
export function downSince({ failingSince }: PauseState, downAfter: number): number {
  return failingSince === undefined ? Infinity : failingSince + downAfter;
}
