import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { StopSignal } from "../../../src/graph/index.ts";
import { type SmallContext, smallGraph, start, until } from "./small-graph.ts";

/** Sends the same operation `times` times on one connection, without waiting for responses. */
function pipelined(url: string, query: string, times: number) {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ query });
  const head = `POST /graphql HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json`;
  const socket = connect(Number(port), hostname);
  socket.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`.repeat(times));
  return socket;
}

const sdl = /* GraphQL */ `type Query { hold(first: Int): String now(first: Int): String }`;

/** A graph whose `hold` never resolves, and the signals of its callers. */
function endlessGraph() {
  const signals: StopSignal[] = [];
  const hold = (_source: unknown, _args: unknown, { signal }: SmallContext) => {
    signals.push(signal);
    return new Promise(() => {});
  };
  return { graph: smallGraph(sdl, { Query: { hold, now: () => "now" } }), signals };
}

test.each([
  ["operations", "{ hold }", "{ now }"],
  ["reports", "{ hold(first: 1000) }", "{ now(first: 1000) }"],
])("a caller that disconnects ends all its pipelined %s", async (_, query, other) => {
  const { graph, signals } = endlessGraph();
  const times = 20;
  const most = String(times);
  const server = await start(graph, { MAX_OPERATIONS: most, MAX_REPORTS: most, METRICS: "open" });
  const left = pipelined(server.url, query, times);
  await until(() => signals.length === times);
  left.destroy();
  await until(() => signals.every(({ aborted }) => aborted));
  expect((await server.post(other)).status).toBe(200);
  // The request for /metrics itself counts.
  const alone = /^alma_gateway_operations_in_flight 0\n(?:.*\n)*alma_gateway_http_requests_in_flight 1$/m;
  while (!alone.test(await (await fetch(`${server.url}/metrics`)).text()));
  // The shutdown waits for none of them.
  await server.close();
});

test("a caller that stays connected is answered in order, and no operation counts as abandoned", async () => {
  const contexts: SmallContext[] = [];
  const graph = smallGraph();
  const server = await start({
    ...graph,
    context: (request) => {
      contexts.push(request);
      return graph.context(request);
    },
  });
  const caller = pipelined(server.url, "{ wait(ms: 20) }", 20);
  let text = "";
  caller.on("data", (chunk) => {
    text += chunk;
  });
  await until(() => text.split('{"data":{"wait":"20 ms"}}').length === 21);
  caller.end();
  await once(caller, "close");
  expect(contexts).toHaveLength(20);
  expect(contexts.filter(({ signal }) => signal.aborted)).toEqual([]);
  await server.close();
});
