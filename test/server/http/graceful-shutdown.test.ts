import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { holdingGraph, smallGraph, start, until } from "./small-graph.ts";

/** A GET on a connection that stays open. */
function kept(agent: Agent, url: string): Promise<{ status: number; connection: string; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { "x-api-key": "any" } }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          connection: String(response.headers.connection),
          body,
        });
      });
    }).on("error", reject);
  });
}

test("during the shutdown it is unready, and requests on open connections are answered with Connection: close", async () => {
  const { graph, held } = holdingGraph();
  const server = await start(graph, {}, 200);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await kept(agent, `${server.url}/health/ready`)).status).toBe(200);
  const slow = new Agent({ keepAlive: true });
  const inFlight = kept(slow, `${server.url}/graphql?query=${encodeURIComponent("{ hold }")}`);
  await until(() => held.length === 1);
  const closed = server.close();
  const ready = await kept(agent, `${server.url}/health/ready`);
  expect(ready).toMatchObject({ status: 503, connection: "close" });
  expect(JSON.parse(ready.body)).toMatchObject({ status: "shutting down" });
  await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
  held[0]?.();
  expect(await inFlight).toMatchObject({ status: 200, connection: "close" });
  await closed;
});

test("a response that is being sent is sent to its end, however slowly", async () => {
  const length = 40_000_000;
  const server = await start(smallGraph(undefined, { Query: { hello: () => "x".repeat(length) } }));
  const asked = get(`${server.url}/graphql?query=${encodeURIComponent("{ hello }")}`, {
    headers: { "x-api-key": "any" },
  });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const closed = server.close();
  await sleep(400);
  let taken = 0;
  for await (const chunk of response) taken += chunk.length;
  expect(taken).toBeGreaterThan(length);
  await closed;
});

test("a write whose caller has disconnected is finished before the process exits", async () => {
  const seen: string[] = [];
  let finish = () => {};
  const graph = smallGraph(undefined, {
    Mutation: {
      rename: async (_: unknown, { name }: { name: string }) => {
        seen.push(`${name} begun`);
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        seen.push(`${name} done`);
        return name;
      },
    },
  });
  const server = await start(graph);
  const leaving = new AbortController();
  const left = fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: 'mutation { a: rename(name: "A") b: rename(name: "B") }' }),
    signal: leaving.signal,
  });
  await until(() => seen.length === 1);
  leaving.abort();
  await expect(left).rejects.toThrow();
  const closed = server.close().then(() => seen.push("closed"));
  finish();
  await until(() => seen.length === 3);
  finish();
  await closed;
  expect(seen).toEqual(["A begun", "A done", "B begun", "B done", "closed"]);
});
