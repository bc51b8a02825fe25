import type { FastifyInstance } from "fastify";
import type { Config } from "../config.ts";
import type { Graph } from "./graph.ts";

/**
 * `/health/live` is 200 while the process runs. `/health/ready` is 200 once the catalog is filled (at once with
 * `CATALOG=off`) and 503 before that and from the beginning of the shutdown; its body says how far things are.
 */
export function addHealth(app: FastifyInstance, config: Config, graph: Graph, leaving: () => boolean): void {
  app.get("/health/live", async () => ({ status: "live" }));
  app.get("/health/ready", async (_request, reply) => {
    const progress = graph.progress();
    const ready = progress.warm && !leaving();
    const status = leaving() ? "shutting down" : ready ? "ready" : "warming up";
    const access = config.open ? "open: no key is asked for" : "a key or token is asked for";
    return reply
      .code(ready ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status, access, catalog: progress });
  });
}
