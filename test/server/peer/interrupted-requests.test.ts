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

describe("requests that a former leader cannot finish", () => {
  const sorts = [
    ["a query", "{ who heldRead }", "heldRead"],
    ["a mutation of which nothing was sent", "mutation { heldWrite }", "heldWrite"],
  ] as const;

  test.each(sorts)(
    "%s is answered by the next leader, whichever process received it",
    async (_, query, field) => {
      const { cluster, leader, other, asked } = await start({ LEADER_WAIT: "30" });
      const answers = [leader.query(query), asked.query(query)];
      await until(() => leader.executed.filter((name) => name === field).length === 2);
      cluster.lead(undefined);
      leader.release();
      await new Promise((resolve) => setTimeout(resolve, 50));
      cluster.lead(1);
      await until(() => other.executed.filter((name) => name === field).length === 2);
      other.release();
      for (const { status, headers, body } of await Promise.all(answers)) {
        expect([status, body.data?.[field], body.errors]).toEqual([200, "1", undefined]);
        expect(headers.get("x-alma-peer-refused")).toBeNull();
      }
    },
  );

  test("are answered by the same process if it leads again", async () => {
    const { cluster, leader } = await start({ LEADER_WAIT: "30" });
    for (const [, query, field] of sorts) {
      const answer = leader.query(query);
      await until(() => leader.executed.at(-1) === field);
      cluster.lead(undefined);
      leader.release();
      await new Promise((resolve) => setTimeout(resolve, 50));
      cluster.lead(0);
      await until(() => leader.executed.filter((name) => name === field).length === 2);
      leader.release();
      expect((await answer).body.data?.[field]).toBe("0");
    }
  });

  test("gets 503 if no process leads in time", async () => {
    const { cluster, leader } = await start({ LEADER_WAIT: "0.1" });
    for (const [, query, field] of sorts) {
      cluster.lead(0);
      const answer = leader.query(query);
      await until(() => leader.executed.at(-1) === field);
      cluster.lead(undefined);
      leader.release();
      const { status, headers, body } = await answer;
      expect([status, body.errors?.[0]?.extensions.code]).toEqual([503, "NO_LEADER"]);
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
  });

  test("a mutation that sent a call is not executed again", async () => {
    const { cluster, leader, other, asked } = await start({ LEADER_WAIT: "30" });
    cluster.hasSent = true;
    const answers = [leader.query("mutation { heldWrite }"), asked.query("mutation { heldWrite }")];
    await until(() => leader.executed.length === 2);
    for (const id of leader.forwardingIds) cluster.marks.add(id ?? "");
    cluster.lead(1);
    leader.release();
    for (const answer of answers) expect(codeOf(await answer)).toBe("NO_LEADER");
    expect(other.executed).toEqual([]);
  });
});
