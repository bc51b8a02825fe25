import { once } from "node:events";
import { expect, test } from "vitest";
import type { StopSignal } from "../../../src/graph/index.ts";
import { holdingGraph, type SmallContext, smallGraph, start, until } from "../http/small-graph.ts";

test("an operation ends with DEADLINE_EXCEEDED after its deadline", async () => {
  const server = await start(undefined, { DEADLINE: "1" });
  const { status, body } = await server.post("{ wait(ms: 60000) hello }");
  await server.close();
  expect(status).toBe(200);
  expect(body.data).toEqual({ wait: null, hello: "Hello, world" });
  expect(body.errors).toMatchObject([{ path: ["wait"], extensions: { code: "DEADLINE_EXCEEDED" } }]);
});

test("an operation's signal is aborted when its caller disconnects, and not when it was answered", async () => {
  const contexts: SmallContext[] = [];
  const began = new EventTarget();
  const graph = smallGraph();
  const server = await start({
    ...graph,
    context: (request) => {
      contexts.push(request);
      began.dispatchEvent(new Event("context"));
      return graph.context(request);
    },
  });
  await server.post("{ hello }");
  expect(contexts[0]?.signal.aborted).toBe(false);

  const leave = new AbortController();
  const arrived = once(began, "context");
  const left = fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ wait(ms: 60000) }" }),
    signal: leave.signal,
  });
  await arrived;
  const signal = contexts[1]?.signal as StopSignal;
  const fired = new Promise<void>((resolve) => signal.addEventListener("abort", resolve));
  leave.abort();
  await expect(left).rejects.toThrow();
  await fired;
  expect(signal.aborted).toBe(true);
  expect(contexts[0]?.signal.aborted).toBe(false);
  await server.close();
});

test("close answers the requests in flight and then ends", async () => {
  const { graph, held } = holdingGraph();
  const server = await start(graph);
  const inFlight = server.post("{ hold }");
  await until(() => held.length === 1);
  const closed = server.close();
  held[0]?.();
  expect((await inFlight).body).toEqual({ data: { hold: "held" } });
  await closed;
  await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
});
