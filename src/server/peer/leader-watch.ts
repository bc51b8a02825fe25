import type { Leader, Leadership } from "../../share/index.ts";
import type { Exchange } from "./exchange.ts";

/** What a leader is asked, to learn whether it answers. */
export const question = {
  method: "GET",
  path: "/health/live",
  headers: {},
  body: () => null,
  isRepeatable: true,
};

/**
 * Knows whether requests can be forwarded at present: it asks the leader, four times in each lease, whether it answers.
 * `lease`: LEASE in milliseconds.
 */
export function watchLeader(leadership: Leadership, exchange: Exchange, lease: number) {
  let reachedAt = Number.NEGATIVE_INFINITY;
  let askedTerm: string | undefined;
  /** Turns since it was last heard: a clock would count a standstill of this process, after which answers wait. */
  let unanswered = 0;
  const ask = async () => {
    const leader = leadership.leader();
    if (leadership.hasLease()) reachedAt = performance.now();
    if (leader?.term !== askedTerm) unanswered = 0;
    askedTerm = leader?.term;
    if (!leader || leader.term === leadership.term()) return;
    const request = { ...question, forwardingId: "", address: "", mayWrite: false };
    const { kind } = await exchange.send(leader, request, AbortSignal.timeout(lease));
    if (kind !== "lost" && kind !== "unbegun") unanswered = 0;
    if (leader.isWarm && kind === "answered") reachedAt = performance.now();
  };
  const timer = setInterval(() => {
    unanswered += 1;
    void ask();
  }, lease / 4).unref();
  const stopListening = leadership.onChange(ask);
  return {
    /**
     * Whether this process leads, or has reached a leader that has read everything within the last two leases: for so
     * long, requests wait for the next one.
     */
    reachesLeader: () => leadership.hasLease() || performance.now() - reachedAt < 2 * lease,
    /** Whether a leader has answered nothing for two leases: a network that loses all tells nobody. */
    isCutOff: ({ term }: Leader) => term === askedTerm && unanswered > 8,
    stop(): void {
      clearInterval(timer);
      stopListening();
    },
  };
}
