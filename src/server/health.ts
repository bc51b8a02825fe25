import type { FastifyInstance } from "fastify";
import type { AlmaState } from "../alma/index.ts";
import type { Config } from "../config.ts";
import type { Graph } from "./access/graph.ts";
import type { BackendStatus } from "./observe/gauges.ts";

/**
 * `/health/live` is 200 while the process runs. `/health/ready` is 200 once the catalog is filled (immediately with
 * `CATALOG=off`), and 503 before that and during the shutdown; its body reports the progress. It stays 200 while Alma
 * is down, which the body reports: cached data is still served, and no other process could do better.
 */
export function addHealthRoutes(
  app: FastifyInstance,
  config: Config,
  graph: Graph,
  backendStatus: BackendStatus | undefined,
  isShuttingDown: () => boolean,
): void {
  app.get("/health/live", async (_request, reply) =>
    reply.header("cache-control", "no-store").send({ status: "live" }),
  );
  app.get("/health/ready", async (_request, reply) => {
    const progress = graph.progress();
    const isReady = progress.warm && !isShuttingDown();
    const status = isShuttingDown() ? "shutting down" : isReady ? "ready" : "warming up";
    const access = config.open ? "open: no key is asked for" : "a key or token is asked for";
    return reply
      .code(isReady ? 200 : 503)
      .header("cache-control", "no-store")
      .send({
        status,
        access,
        catalog: progress,
        ...(backendStatus && { alma: describeAlma(backendStatus.alma(), backendStatus.clock()) }),
      });
  });
}

/** Whether Alma is reachable (null before the first call), and when it last succeeded. */
function describeAlma({ lastSuccess, pausedFor, downFor }: AlmaState, now: number) {
  const seconds = (ms: number) => Math.round(ms / 100) / 10;
  return {
    reachable: downFor !== undefined ? false : lastSuccess === undefined ? null : true,
    lastSuccessSecondsAgo: lastSuccess === undefined ? null : seconds(now - lastSuccess),
    ...(pausedFor !== undefined && { wantsToBeLeftAloneForSeconds: seconds(pausedFor) }),
  };
}
