import { describe, expect, test } from "vitest";
import { until } from "../http/small-graph.ts";
import { startServers, type TestServer } from "./servers.ts";

/** Two servers that can lead, and a third that receives the requests. */
async function start(env?: Record<string, string>) {
  const { cluster, servers } = await startServers(3, env);
  const [leader, other, asked] = servers as [TestServer, TestServer, TestServer];
  return { cluster, leader, other, asked };
}

const codeOf = ({ body }: Awaited<ReturnType<TestServer["query"]>>) => body.errors?.[0]?.extensions.code;

describe("without a leader", () => {
  test("a request waits for one, which answers it", async () => {
    const { cluster, leader, other, asked } = await start({ LEADER_WAIT: "30" });
    cluster.lead(undefined);
    const answers = [asked.query("{ who }"), asked.query("mutation { rename }")];
    await new Promise((resolve) => setTimeout(resolve, 50));
    cluster.lead(1);
    expect((await Promise.all(answers)).map(({ body }) => body.data)).toEqual([
      { who: "1" },
      { rename: "1" },
    ]);
    expect([leader.executed, other.executed.toSorted()]).toEqual([[], ["rename", "who"]]);
  });

  test("a process that becomes the leader meanwhile answers itself", async () => {
    const { cluster, asked } = await start({ LEADER_WAIT: "30" });
    cluster.lead(undefined);
    const answers = [asked.query("{ who }"), asked.query("mutation { rename }")];
    await new Promise((resolve) => setTimeout(resolve, 50));
    cluster.lead(2);
    expect((await Promise.all(answers)).map(({ body }) => body.data)).toEqual([
      { who: "2" },
      { rename: "2" },
    ]);
  });

  test("after LEADER_WAIT a request gets 503, which says when to retry and that nothing was done", async () => {
    const { cluster, asked } = await start({ LEADER_WAIT: "0.1" });
    cluster.lead(undefined);
    for (const query of ["{ who }", "mutation { rename }"]) {
      const answer = await asked.query(query);
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(codeOf(answer)).toBe("NO_LEADER");
      expect(answer.body.errors?.[0]?.message).toContain("nothing was done");
    }
    expect(asked.executed).toEqual([]);
    expect(asked.lines.filter(({ msg }) => msg === "request rejected")).toHaveLength(2);
  });

  test("a caller that disconnects while waiting is forgotten", async () => {
    const { cluster, leader, asked } = await start({ LEADER_WAIT: "30" });
    cluster.lead(undefined);
    const listeners = cluster.listenerCount;
    const abort = new AbortController();
    const answer = asked.query("mutation { rename }", { signal: abort.signal });
    await until(() => cluster.listenerCount > listeners);
    abort.abort();
    await expect(answer).rejects.toThrow();
    await until(() => cluster.listenerCount === listeners);
    cluster.lead(0);
    expect((await asked.query("{ who }")).body.data).toEqual({ who: "0" });
    expect(leader.executed).toEqual(["who"]);
  });
});

describe("a leader that cannot be reached", () => {
  test("is tried again until there is another one, since nothing was begun", async () => {
    const { cluster, leader, other, asked } = await start({ LEADER_WAIT: "30" });
    await leader.relay.cut();
    const answers = [asked.query("{ who }"), asked.query("mutation { rename }")];
    await new Promise((resolve) => setTimeout(resolve, 300));
    cluster.lead(1);
    expect((await Promise.all(answers)).map(({ body }) => body.data)).toEqual([
      { who: "1" },
      { rename: "1" },
    ]);
    expect([leader.executed, other.executed.toSorted()]).toEqual([[], ["rename", "who"]]);
  });

  test("fails after LEADER_WAIT with 503, with nothing done", async () => {
    const { leader, asked } = await start({ LEADER_WAIT: "0.1" });
    await leader.relay.cut();
    expect(codeOf(await asked.query("mutation { rename }"))).toBe("NO_LEADER");
  });
});

describe("a query whose answer is lost", () => {
  test("is answered by the next leader", async () => {
    const { cluster, leader, asked } = await start({ LEADER_WAIT: "30" });
    const answer = asked.query("{ held who }");
    await until(() => leader.executed.includes("held"));
    cluster.lead(undefined);
    leader.relay.drop();
    cluster.lead(2);
    await until(() => asked.executed.includes("held"));
    asked.release();
    expect((await answer).body.data).toEqual({ held: "2", who: "2" });
  });

  test("is sent once more to the same leader, and not again", async () => {
    const { leader, asked } = await start();
    const answer = asked.query("{ held }");
    await until(() => leader.executed.length === 1);
    leader.relay.drop();
    await until(() => leader.executed.length === 2);
    leader.relay.drop();
    expect(codeOf(await answer)).toBe("NO_LEADER");
    expect(leader.executed).toEqual(["held", "held"]);
  });

  test("is sent to the next leader immediately when the former one is stopped", async () => {
    const { cluster, leader, asked, other } = await start();
    leader.relay.stall();
    const answer = asked.query("{ who }");
    await until(() => leader.executed.length === 1);
    cluster.lead(1);
    expect((await answer).body.data).toEqual({ who: "1" });
    expect(other.executed).toEqual(["who"]);
  });
});

describe("a mutation whose answer is lost", () => {
  test("is executed by the next leader with the same forwarding id, if it left no mark", async () => {
    const { cluster, leader, other, asked } = await start({ LEADER_WAIT: "30" });
    const answer = asked.query("mutation { heldRename }");
    await until(() => leader.executed.length === 1);
    leader.relay.drop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(other.executed).toEqual([]);
    cluster.lead(1);
    await until(() => other.executed.length === 1);
    other.release();
    expect((await answer).body.data).toEqual({ heldRename: "1" });
    expect(other.forwardingIds).toEqual(leader.forwardingIds);
    expect(leader.forwardingIds[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each([
    ["it has left a mark", true],
    ["the store cannot tell whether it has left a mark", false],
  ])("is of unknown outcome if %s, and is not executed again", async (_, isReachable) => {
    const { cluster, leader, other, asked } = await start({ LEADER_WAIT: "30" });
    const answer = asked.query("mutation { heldRename }");
    await until(() => leader.executed.length === 1);
    if (isReachable) cluster.marks.add(leader.forwardingIds[0] ?? "");
    cluster.isReachable = isReachable;
    leader.relay.drop();
    cluster.lead(1);
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect(body.data).toBeNull();
    expect(body.errors?.[0]?.extensions.code).toBe("OUTCOME_UNKNOWN");
    expect(body.errors?.[0]?.message).toContain("Look at the records");
    expect(other.executed).toEqual([]);
  });

  test("has an unknown outcome while its leader continues and may still execute it", async () => {
    const { leader, asked } = await start({ LEADER_WAIT: "0.1" });
    const answer = asked.query("mutation { heldRename }");
    await until(() => leader.executed.length === 1);
    leader.relay.drop();
    expect(codeOf(await answer)).toBe("OUTCOME_UNKNOWN");
    expect(leader.executed).toEqual(["heldRename"]);
  });

  test("is executed by the next leader if the former one is stopped before it has begun", async () => {
    const { cluster, leader, asked } = await start();
    leader.relay.stall();
    const answer = asked.query("mutation { rename }");
    await until(() => leader.executed.length === 1);
    cluster.lead(2);
    expect((await answer).body.data).toEqual({ rename: "2" });
  });

  test("that the former leader began before it was stopped has as long as a call may take to be answered", async () => {
    const { cluster, leader, other, asked } = await start({ ALMA_TIMEOUT: "0.2" });
    leader.relay.stall();
    const answer = asked.query("mutation { heldRename }");
    await until(() => leader.executed.length === 1);
    cluster.marks.add(leader.forwardingIds[0] ?? "");
    cluster.lead(1);
    expect(codeOf(await answer)).toBe("OUTCOME_UNKNOWN");
    expect(other.executed).toEqual([]);
  });

  test("is answered by the former leader if it reports the outcome meanwhile", async () => {
    const { cluster, leader, asked } = await start({ ALMA_TIMEOUT: "30" });
    const answer = asked.query("mutation { heldRename }");
    await until(() => leader.executed.length === 1);
    cluster.marks.add(leader.forwardingIds[0] ?? "");
    cluster.lead(1);
    leader.release();
    expect((await answer).body.data).toEqual({ heldRename: "0" });
  });
});

test("a stopping leader answers queries and begins no mutation, which waits for the next leader", async () => {
  const { cluster, leader, other, asked } = await start({ LEADER_WAIT: "30" });
  cluster.leave();
  expect((await leader.query("{ who }")).body.data).toEqual({ who: "0" });
  expect((await asked.query("{ who }")).body.data).toEqual({ who: "0" });
  const answers = [leader.query("mutation { rename }"), asked.query("mutation { rename }")];
  await new Promise((resolve) => setTimeout(resolve, 150));
  cluster.lead(1);
  expect((await Promise.all(answers)).map(({ body }) => body.data)).toEqual([
    { rename: "1" },
    { rename: "1" },
  ]);
  expect(leader.executed).toEqual(["who", "who"]);
  expect(other.executed).toEqual(["rename", "rename"]);
});

test("each mutation has its own connection, and queries share one", async () => {
  // No check whether the leader is reachable uses one meanwhile.
  const { leader, asked } = await start({ LEASE: "60" });
  for (let n = 0; n < 3; n++) await asked.query("{ who }");
  expect(leader.relay.connections).toBe(1);
  for (let n = 0; n < 3; n++) await asked.query("mutation { rename }");
  await asked.query("{ who } # no mutation");
  await asked.query('query { who __type(name: "mutation") { name } }');
  expect(leader.relay.connections).toBe(6);
  expect(leader.executed).toHaveLength(8);
});
