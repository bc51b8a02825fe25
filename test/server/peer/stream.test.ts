import { request as httpRequest, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { until } from "../http/small-graph.ts";
import { startServers, type TestServer } from "./servers.ts";

const json = { "content-type": "application/json" };

/** Sends a query and resolves with the answer before reading its body. */
const open = (url: string, query: string) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(`${url}/graphql`, { method: "POST", headers: json, agent: false }, resolve);
    request.once("error", reject).end(JSON.stringify({ query }));
  });

test("a caller that disconnects ends its query at the leader, but not its mutation", async () => {
  const { servers } = await startServers(2);
  const [leader, asked] = servers as [TestServer, TestServer];
  const abort = new AbortController();
  const answers = ["{ held }", "mutation { heldRename }"].map((query) =>
    asked.query(query, { signal: abort.signal }),
  );
  await until(() => leader.executed.length === 2);
  abort.abort();
  await Promise.allSettled(answers);
  await until(() => leader.signals.every(({ aborted }) => aborted));
  leader.release();
  await until(() => leader.lines.filter(({ msg }) => msg === "operation").length === 2);
  expect(leader.executed.toSorted()).toEqual(["held", "heldRename"]);
  expect((await asked.query("{ who }")).body.data).toEqual({ who: "0" });
});

test("an answer is read from the leader as fast as its caller reads it", async () => {
  // The system buffers megabytes on each of three connections: leader, relay, receiving server, caller.
  const length = 128 * 2 ** 20;
  const { servers } = await startServers(2, { MAX_RESPONSE: `${2 * length}` });
  const [leader, asked] = servers as [TestServer, TestServer];
  const answer = await open(asked.url, `{ long(length: ${length}) }`);
  let before = -1;
  while (leader.relay.received !== before) {
    before = leader.relay.received;
    await sleep(200);
  }
  // The rest waits at the leader; data in transit fills the system's buffers.
  expect(before).toBeLessThan(length / 2);
  let read = 0;
  for await (const chunk of answer) read += (chunk as Buffer).length;
  expect(read).toBeGreaterThan(length);
});

test("an interrupted answer is also interrupted for its caller", async () => {
  const { servers } = await startServers(2);
  const [leader, asked] = servers as [TestServer, TestServer];
  const answer = await open(asked.url, `{ long(length: ${32 * 2 ** 20}) }`);
  leader.relay.drop();
  await expect(
    (async () => {
      for await (const _ of answer);
    })(),
  ).rejects.toThrow("aborted");
  expect((await asked.query("{ who }")).body.data).toEqual({ who: "0" });
});

describe("a body", () => {
  test("of which only half arrives is aborted where it was sent, and reaches no leader", async () => {
    const { servers } = await startServers(2, { DEADLINE: "0.3", LEASE: "60" });
    const [leader, asked] = servers as [TestServer, TestServer];
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(
        `${asked.url}/graphql`,
        { method: "POST", headers: { ...json, "content-length": "99" } },
        (response) => resolve(response.resume().statusCode),
      );
      request.once("error", reject).write('{"query":');
    });
    expect(status).toBe(408);
    expect(leader.relay.connections).toBe(0);
  });

  test("is refused if as many requests as MAX_OPERATIONS are already being forwarded", async () => {
    const { servers } = await startServers(2, { MAX_OPERATIONS: "2" });
    const [leader, asked] = servers as [TestServer, TestServer];
    const answers = [1, 2].map(() => asked.query("{ held }"));
    await until(() => leader.executed.length === 2);
    const refused = await asked.query("{ who }");
    expect([refused.status, refused.body.errors?.[0]?.extensions.code]).toEqual([503, "OVERLOADED"]);
    leader.release();
    await Promise.all(answers);
    expect((await asked.query("{ who }")).status).toBe(200);
  });
});
