import { setTimeout as sleep } from "node:timers/promises";
import { ENDING_TIME, type ForwardingMarks, type Leader, type Leadership } from "../../share/index.ts";
import { answersHere, waitForAnswerer } from "./answerer.ts";
import type { Attempt, Exchange, OutgoingRequest, PeerAnswer } from "./exchange.ts";
import { question } from "./leader-watch.ts";

/** A request that this process does not answer itself. */
export interface ForwardedRequest extends OutgoingRequest {
  /** Whether its body can be sent again. That of an upload is gone once it was sent. */
  readonly isRepeatable: boolean;
}

/**
 * How forwarding ends: with the leader's answer; this process leads now, and the request is begun nowhere; there was no
 * leader in time, and nothing was done; whether something was done is unknown; or a query took too long.
 */
export type Outcome =
  | { readonly kind: "answered"; readonly answer: PeerAnswer }
  | { readonly kind: "here" | "no-leader" | "unknown" | "late" };

/** What forwarding needs, and its times in milliseconds. */
export interface ForwardOptions {
  readonly leadership: Leadership;
  readonly marks: ForwardingMarks;
  readonly exchange: Exchange;
  /** Whether a leader has not answered for long: nothing is sent to it, and no answer awaited. */
  readonly isCutOff: (leader: Leader) => boolean;
  /** LEADER_WAIT. */
  readonly leaderWait: number;
  /** How long a former leader may take to tell the outcome of a mutation that it has begun. */
  readonly patience: number;
}

/** Between attempts to reach the same leader, and looks at whether it still answers. */
const retryDelay = 100;

/**
 * Forwards a request to the leader. It is sent again while it was surely not begun; a query also once after its answer
 * was lost, since it may be what has ended its leader; a mutation only under another term than the one in which it was
 * lost, and if it left no mark in that. While the leader leaves, it is not yet missing: LEADER_WAIT begins when it has
 * left.
 */
export async function forward(
  request: ForwardedRequest,
  options: ForwardOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const { leadership, marks, leaderWait, patience } = options;
  const { mayWrite, isRepeatable, forwardingId } = request;
  const leavingUntil = performance.now() + ENDING_TIME + patience;
  let waitUntil = performance.now() + leaderWait;
  const noteLeaving = () => {
    waitUntil = Math.max(waitUntil, Math.min(performance.now(), leavingUntil) + leaderWait);
  };
  /** The term in which its answer was lost. */
  let lostIn: string | undefined;
  let isForeign = false;

  while (!signal.aborted) {
    const need = { mayWrite, exceptTerm: mayWrite ? lostIn : undefined };
    const leaves = leadership.leaves();
    if (leaves) noteLeaving();
    const left = waitUntil - performance.now();
    const answerer = await waitForAnswerer(
      leadership,
      need,
      leaves ? Math.min(left, retryDelay) : left,
      signal,
    );
    if (!answerer) {
      if (performance.now() < waitUntil) continue;
      break;
    }
    if (mayWrite && lostIn !== undefined && (await hasBegun(marks, forwardingId))) return { kind: "unknown" };
    if (answerer === "here") {
      // It may be leaving since.
      if (answersHere(leadership, mayWrite)) return { kind: "here" };
      continue;
    }
    // Once the body of an upload is touched, it can be sent to no other leader: this one is asked before.
    const probe = isRepeatable
      ? undefined
      : await attemptAt(answerer, { ...request, ...question }, options, signal);
    const isSent = probe === undefined || probe.kind === "answered";
    const attempt = isSent ? await attemptAt(answerer, request, options, signal) : probe;
    if (attempt.kind === "answered") return attempt;
    if (attempt.kind === "late") return { kind: "late" };
    if (isSent && (attempt.kind === "lost" || attempt.kind === "foreign")) {
      if (!isRepeatable) return { kind: "unknown" };
      isForeign ||= attempt.kind === "foreign";
      // While a proxy does not reach the leader, the query waits for it, or for the next one.
      const isAwaited = isForeign && lostIn === answerer.term;
      if (lostIn !== undefined && !isAwaited) return { kind: mayWrite ? "unknown" : "no-leader" };
      if (!isAwaited) waitUntil = performance.now() + leaderWait;
      lostIn = answerer.term;
      if (!isForeign) continue;
    }
    if (attempt.kind === "leaving") noteLeaving();
    if ((isSent && !isRepeatable) || performance.now() >= waitUntil) break;
    await sleep(retryDelay);
  }
  return { kind: mayWrite && lostIn !== undefined ? "unknown" : "no-leader" };
}

/** Whether a mutation may have written. It may if the store cannot tell. */
const hasBegun = (marks: ForwardingMarks, forwardingId: string): Promise<boolean> =>
  marks.find(forwardingId).catch(() => true);

/** Sends a request to a leader. It is given up if that no longer leads and is not expected to answer. */
async function attemptAt(
  leader: Leader,
  request: ForwardedRequest,
  options: ForwardOptions,
  signal: AbortSignal,
): Promise<Attempt> {
  if (options.isCutOff(leader)) return { kind: "unbegun" };
  const abortController = new AbortController();
  const abort = () => abortController.abort();
  const looking = setInterval(() => options.isCutOff(leader) && abort(), retryDelay);
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
 * Calls `giveUp` once another process leads: at once for a query and for a mutation without a mark, which the former
 * leader cannot begin any more; for any other after the time in which that may still tell the outcome.
 */
function watchTerm(
  { term }: Leader,
  { mayWrite, isRepeatable, forwardingId }: ForwardedRequest,
  { leadership, marks, patience }: ForwardOptions,
  giveUp: () => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const stopListening = leadership.onChange(async () => {
    const current = leadership.term() ?? leadership.leader()?.term;
    if (current === undefined || current === term) return;
    stopListening();
    const waits = mayWrite && (!isRepeatable || (await hasBegun(marks, forwardingId)));
    if (isOver) return;
    if (waits) timer = setTimeout(giveUp, patience);
    else giveUp();
  });
  return () => {
    isOver = true;
    stopListening();
    clearTimeout(timer);
  };
}
