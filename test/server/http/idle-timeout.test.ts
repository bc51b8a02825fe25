import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { holdingGraph, smallGraph, start, until } from "./small-graph.ts";

vi.setConfig({ testTimeout: 60_000 });

// The connection timeout is 10 s longer than FILE_TIMEOUT.
const env = { DEADLINE: "4", FILE_TIMEOUT: "0.1" };

test.concurrent("a caller is answered however long the response takes beyond the deadline, as with a write", async () => {
  const { graph, held } = holdingGraph();
  const server = await start(graph, env);
  const waiting = server.post("{ hold }");
  await until(() => held.length === 1);
  await sleep(12_000);
  held[0]?.();
  expect((await waiting).body).toEqual({ data: { hold: "held" } });
  await server.close();
});

test.concurrent("a caller that does not read its response is disconnected", async () => {
  const hello = () => "x".repeat(40_000_000);
  const server = await start(smallGraph(undefined, { Query: { hello } }), {
    ...env,
    METRICS: "open",
  });
  const asked = get(`${server.url}/graphql?query=${encodeURIComponent("{ hello }")}`, {
    headers: { "x-api-key": "any" },
  });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  // The request for /metrics itself counts.
  const alone = /^alma_gateway_http_requests_in_flight 1$/m;
  while (!alone.test(await (await fetch(`${server.url}/metrics`)).text())) await sleep(100);
  const taken = (async () => {
    for await (const _chunk of response);
  })();
  await expect(taken).rejects.toThrow("aborted");
  await server.close();
});
