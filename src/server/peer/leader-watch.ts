import type { Leader, Leadership } from "../../share/index.ts";
import type { Exchange } from "./exchange.ts";

/** The request that probes whether a leader answers. */
export const probeRequest = {
  method: "GET",
  path: "/health/live",
  headers: {},
  body: () => null,
  isRepeatable: true,
};

/**
 * Probes the leader four times per lease, to know whether requests can be forwarded. `lease`: LEASE in milliseconds.
 */
export function watchLeader(leadership: Leadership, exchange: Exchange, lease: number) {
  let reachedAt = -Infinity;
  let probedTerm: string | undefined;
  /**
   * Intervals since the leader last answered. A clock would also count the time during which this process is suspended.
   */
  let unanswered = 0;
  const probe = async () => {
    const leader = leadership.leader();
    if (leadership.hasLease()) reachedAt = performance.now();
    if (leader?.term !== probedTerm) unanswered = 0;
    probedTerm = leader?.term;
    if (!leader || leader.term === leadership.term()) return;
    const request = { ...probeRequest, forwardingId: "", ip: "", protocol: "", host: "", mayWrite: false };
    const { kind } = await exchange.send(leader, request, AbortSignal.timeout(lease));
    if (kind !== "lost" && kind !== "unbegun") unanswered = 0;
    if (leader.isWarm && kind === "answered") reachedAt = performance.now();
  };
  const timer = setInterval(() => {
    unanswered += 1;
    void probe();
  }, lease / 4).unref();
  const stopListening = leadership.onChange(probe);
  return {
    /**
     * Returns whether this process leads, or reached a leader with a filled catalog within the last two leases. For
     * that long, requests wait for the next leader.
     */
    reachesLeader: () => leadership.hasLease() || performance.now() - reachedAt < 2 * lease,
    /** Returns whether a leader has not answered for two leases. A broken network reports no error. */
    isCutOff: ({ term }: Leader) => term === probedTerm && unanswered > 8,
    stop() {
      clearInterval(timer);
      stopListening();
    },
  };
}
