import { setTimeout as sleep } from "node:timers/promises";
import {
  type ForwardingMarks,
  LEAVING_LEADER_TIME,
  type Leader,
  type Leadership,
} from "../../share/index.ts";
import type { Attempt, Exchange, OutgoingRequest, PeerAnswer } from "./exchange.ts";
import { probeRequest } from "./leader-watch.ts";
import { canAnswer, waitForTarget } from "./target-process.ts";

/** A request that this process does not answer itself. */
export interface ForwardedRequest extends OutgoingRequest {
  /** Whether its body can be sent again. The body of an upload can be sent only once. */
  readonly isRepeatable: boolean;
}

/**
 * The result of forwarding:
 * - `answered`: the leader answered;
 * - `here`: this process leads now and must execute the request;
 * - `no-leader`: no leader was found in time, and nothing was executed;
 * - `unknown`: the request may have been executed;
 * - `late`: a query took too long.
 */
export type ForwardOutcome =
  | { readonly kind: "answered"; readonly answer: PeerAnswer }
  | { readonly kind: "here" | "no-leader" | "unknown" | "late" };

/** The dependencies of forwarding, and its times in milliseconds. */
export interface ForwardOptions {
  readonly leadership: Leadership;
  readonly marks: ForwardingMarks;
  readonly exchange: Exchange;
  /** Returns whether a leader has stopped answering. Nothing is sent to it, and pending requests are aborted. */
  readonly isCutOff: (leader: Leader) => boolean;
  /** LEADER_WAIT. */
  readonly leaderWait: number;
  /** How long to wait for a former leader to report the outcome of a mutation it has begun. */
  readonly formerLeaderTime: number;
}

/** The time between attempts to reach the same leader, and between checks whether it still answers. */
const LEADER_RETRY_DELAY = 100;

/**
 * Forwards a request to the leader. A request is sent again while it is certain that it was not begun. A query is sent
 * once more after its answer was lost, not more often, since it may have crashed its leader. A mutation is sent again
 * only in a later term, and only if it left no mark in the term in which its answer was lost. LEADER_WAIT starts when a
 * stopping leader has stopped.
 */
export async function forward(
  request: ForwardedRequest,
  options: ForwardOptions,
  signal: AbortSignal,
): Promise<ForwardOutcome> {
  const { leadership, marks, leaderWait, formerLeaderTime } = options;
  const { mayWrite, isRepeatable, forwardingId } = request;
  const leavingUntil = performance.now() + LEAVING_LEADER_TIME + formerLeaderTime;
  let waitUntil = performance.now() + leaderWait;
  const noteLeaving = () => {
    waitUntil = Math.max(waitUntil, Math.min(performance.now(), leavingUntil) + leaderWait);
  };
  /** The term in which the answer was lost. */
  let lostIn: string | undefined;
  let isForeign = false;

  while (!signal.aborted) {
    const need = { mayWrite, exceptTerm: mayWrite ? lostIn : undefined };
    const leaves = leadership.leaves();
    if (leaves) noteLeaving();
    const left = waitUntil - performance.now();
    const target = await waitForTarget(
      leadership,
      need,
      leaves ? Math.min(left, LEADER_RETRY_DELAY) : left,
      signal,
    );
    if (!target) {
      if (performance.now() < waitUntil) continue;
      break;
    }
    if (mayWrite && lostIn !== undefined && (await hasBegun(marks, forwardingId))) return { kind: "unknown" };
    if (target === "here") {
      // This process may be stopping by now.
      if (canAnswer(leadership, mayWrite)) return { kind: "here" };
      continue;
    }
    // The body of an upload can be sent only once, so the leader is probed first.
    const probe = isRepeatable
      ? undefined
      : await attemptAt(target, { ...request, ...probeRequest }, options, signal);
    const isSent = probe === undefined || probe.kind === "answered";
    const attempt = isSent ? await attemptAt(target, request, options, signal) : probe;
    if (attempt.kind === "answered") return attempt;
    if (attempt.kind === "late") return { kind: "late" };
    if (isSent && (attempt.kind === "lost" || attempt.kind === "foreign")) {
      if (!isRepeatable) return { kind: "unknown" };
      isForeign ||= attempt.kind === "foreign";
      // While a proxy does not reach the leader, the query waits for it or for the next leader.
      const isAwaited = isForeign && lostIn === target.term;
      if (lostIn !== undefined && !isAwaited) return { kind: mayWrite ? "unknown" : "no-leader" };
      if (!isAwaited) waitUntil = performance.now() + leaderWait;
      lostIn = target.term;
      if (!isForeign) continue;
    }
    if (attempt.kind === "leaving") noteLeaving();
    if ((isSent && !isRepeatable) || performance.now() >= waitUntil) break;
    await sleep(LEADER_RETRY_DELAY);
  }
  return { kind: mayWrite && lostIn !== undefined ? "unknown" : "no-leader" };
}

/** Returns whether a mutation may have written; true if the store cannot be read. */
const hasBegun = (marks: ForwardingMarks, forwardingId: string) => marks.find(forwardingId).catch(() => true);

/** Sends a request to a leader. Aborts it when the leader stops answering or loses leadership. */
async function attemptAt(
  leader: Leader,
  request: ForwardedRequest,
  options: ForwardOptions,
  signal: AbortSignal,
): Promise<Attempt> {
  if (options.isCutOff(leader)) return { kind: "unbegun" };
  const abortController = new AbortController();
  const abort = () => abortController.abort();
  const looking = setInterval(() => options.isCutOff(leader) && abort(), LEADER_RETRY_DELAY);
  const stopWatching = watchTerm(leader, request, options, abort);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await options.exchange.send(leader, request, abortController.signal);
  } finally {
    clearInterval(looking);
    stopWatching();
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Calls `giveUp` once another process leads: immediately for queries and for mutations without a mark, which the former
 * leader can no longer begin; for other mutations after the time in which it may still report the outcome.
 */
function watchTerm(
  { term }: Leader,
  { mayWrite, isRepeatable, forwardingId }: ForwardedRequest,
  { leadership, marks, formerLeaderTime }: ForwardOptions,
  giveUp: () => void,
) {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const stopListening = leadership.onChange(async () => {
    const current = leadership.term() ?? leadership.leader()?.term;
    if (current === undefined || current === term) return;
    stopListening();
    const waits = mayWrite && (!isRepeatable || (await hasBegun(marks, forwardingId)));
    if (isOver) return;
    if (waits) timer = setTimeout(giveUp, formerLeaderTime);
    else giveUp();
  });
  return () => {
    isOver = true;
    stopListening();
    clearTimeout(timer);
  };
}
