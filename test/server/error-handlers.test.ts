import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { PassThrough } from "node:stream";
import { fastify } from "fastify";
import { expect, onTestFinished, test } from "vitest";
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

test("a caller that disconnects before the first byte of a stream is not an unexpected error", async () => {
  const app = fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  const metrics = createMetrics();
  addErrorHandlers(app, testConfig(), createLog("silent"), metrics);
  const caller = new Promise<void>((resolve) => {
    app.addHook("onError", async () => resolve());
  });
  app.post("/stream", (_request, reply) => {
    void reply.send(new PassThrough());
    socket.destroy();
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  const head =
    "POST /stream HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2";
  socket.write(`${head}\r\n\r\n{}`);
  await caller;
  await new Promise((resolve) => setImmediate(resolve));
  expect(await metrics.registry.metrics()).not.toContain('code="INTERNAL_SERVER_ERROR"} 1');
});
