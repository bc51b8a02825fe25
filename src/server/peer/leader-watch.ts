import type { Leadership } from "../../share/index.ts";
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
 * Knows whether requests can be handed on at present: it asks the leader, four times in each lease, whether it answers.
 * `lease`: LEASE in milliseconds.
 */
export function watchLeader(leadership: Leadership, exchange: Exchange, lease: number) {
  let reachedAt = Number.NEGATIVE_INFINITY;
  const ask = async () => {
    const leader = leadership.leader();
    if (leadership.hasLease()) reachedAt = performance.now();
    if (!leader?.isWarm || leader.term === leadership.term()) return;
    const request = { ...question, forwardingId: "", address: "", mayWrite: false };
    const { kind } = await exchange.send(leader, request, AbortSignal.timeout(lease));
    if (kind === "answered") reachedAt = performance.now();
  };
  const timer = setInterval(ask, lease / 4).unref();
  const stopListening = leadership.onChange(ask);
  return {
    /**
     * Whether this process leads, or has reached a leader that has read everything within the last two leases: for so
     * long, requests wait for the next one.
     */
    reachesLeader: () => leadership.hasLease() || performance.now() - reachedAt < 2 * lease,
    stop(): void {
      clearInterval(timer);
      stopListening();
    },
  };
}
