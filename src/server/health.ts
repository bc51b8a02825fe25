import type { FastifyInstance } from "fastify";
import type { AlmaState } from "../alma/index.ts";
import type { Config } from "../config/index.ts";
import type { Graph } from "../graph/index.ts";
import type { ShareState } from "../share/index.ts";
import type { BackendStatus } from "./observe/gauges.ts";

/** What the health routes report. */
interface HealthOptions {
  readonly config: Config;
  readonly graph: Graph;
  readonly backendStatus: BackendStatus;
  readonly isShuttingDown: () => boolean;
  /** The state of one of several processes; omitted if there is one. */
  readonly shareState?: () => ShareState;
  /** Whether this process leads or reaches the leader; always by default. */
  readonly reachesLeader?: () => boolean;
}

/**
 * Adds the health routes. `/health/live` returns 200 while the process runs. `/health/ready` returns 200 once the
 * catalog is filled (immediately with `CATALOG=off`), and 503 before that and during shutdown; its body reports
 * progress. It stays 200 while Alma is down, since cached data is still served and no other process could do better;
 * the body reports the outage. One of several processes is ready while it leads, or while it has a copy of the leader's
 * data and can reach it (`reachesLeader`).
 */
export function addHealthRoutes(
  app: FastifyInstance,
  { config, graph, backendStatus, isShuttingDown, shareState, reachesLeader = () => true }: HealthOptions,
): void {
  app.get("/health/live", { config: { about: "whether the process runs" } }, async (_request, reply) =>
    reply.header("cache-control", "no-store").send({ status: "live" }),
  );
  const about = "whether it is ready, and how far the catalog is filled";
  app.get("/health/ready", { config: { about } }, async (_request, reply) => {
    const progress = graph.progress();
    const share = shareState?.();
    const isLeaderReached = reachesLeader();
    const isReady = (share?.isReady ?? progress.warm) && isLeaderReached && !isShuttingDown();
    const waitsFor = share && describeObstacle(share, isLeaderReached);
    const status = isShuttingDown() ? "shutting down" : isReady ? "ready" : (waitsFor ?? "warming up");
    const access = config.open ? "open: no key is required" : "a key or token is required";
    return reply
      .code(isReady ? 200 : 503)
      .header("cache-control", "no-store")
      .send({
        status,
        access,
        role: share?.role,
        catalog: progress,
        store: share?.storeProblem ?? backendStatus.storeProblem?.(),
        alma: describeAlma(backendStatus.alma(), backendStatus.clock()),
      });
  });
}

/** Explains why one of several processes is not ready, unless it or the leader is still filling its catalog. */
function describeObstacle(
  { isStoreUp, isReady, hasLease, role }: ShareState,
  isLeaderReached: boolean,
): string | undefined {
  if (!isStoreUp)
    return "the store cannot be reached; if it is down, this affects all processes that share it";
  if (role === "leader")
    return hasLease ? undefined : "its lease is over, and the store has not renewed it so far";
  if (!isReady) return "waiting for a copy of the leader's data";
  return isLeaderReached ? undefined : "no leader that has read everything can be reached (PEER_URL)";
}

/**
 * Describes whether Alma is reachable (null before the first call), when a call last succeeded, and for how long Alma
 * has asked for a pause.
 */
function describeAlma({ lastSuccess, pausedFor, downFor }: AlmaState, now: number) {
  const seconds = (ms: number) => Math.round(ms / 100) / 10;
  return {
    reachable: downFor !== undefined ? false : lastSuccess === undefined ? null : true,
    lastSuccessSecondsAgo: lastSuccess === undefined ? null : seconds(now - lastSuccess),
    ...(pausedFor !== undefined && { pausedForSeconds: seconds(pausedFor) }),
  };
}
