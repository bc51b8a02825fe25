import { fastify } from "fastify";
import { expect, test } from "vitest";
import { addErrorHandlers } from "../../src/server/error-handlers.ts";
import { createLog } from "../../src/server/index.ts";
import { createMetrics } from "../../src/server/observe/metrics.ts";
import { testConfig } from "./http/small-graph.ts";

test("an unexpected error is masked, and counted as the documented alarm expects", async () => {
  const app = fastify();
  const metrics = createMetrics();
  addErrorHandlers(app, testConfig(), createLog("silent"), metrics);
  app.get("/broken", () => {
    throw new TypeError("x is not a function");
  });
  const { statusCode, body } = await app.inject("/broken");
  expect(statusCode).toBe(500);
  expect(body).not.toContain("function");
  expect(await metrics.registry.metrics()).toContain(
    'alma_gateway_errors_total{code="INTERNAL_SERVER_ERROR"} 1',
  );
});
