import type { FastifyInstance } from "fastify";
import type { Config } from "../../config/index.ts";
import { disabledError } from "../http/error-response.ts";
import type { RequestHook } from "../http/route-hooks.ts";
import type { Metrics } from "../observe/metrics.ts";

/** Adds `/metrics` for Prometheus. With `METRICS=on` it needs a key if queries do. */
export function addMetricsRoute(
  app: FastifyInstance,
  { metrics: mode }: Config,
  metrics: Metrics,
  keyHook: RequestHook,
): void {
  if (mode === "off") {
    app.get("/metrics", (_request, reply) => disabledError("Metrics are", "METRICS").send(reply));
    return;
  }
  const config = { about: "metrics for Prometheus" };
  app.get("/metrics", { onRequest: mode === "open" ? [] : [keyHook], config }, async (_request, reply) =>
    reply
      .header("cache-control", "no-store")
      .type(metrics.registry.contentType)
      .send(await metrics.registry.metrics()),
  );
}
