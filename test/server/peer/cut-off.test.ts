import { expect, test } from "vitest";
import { startServers, type TestServer } from "./servers.ts";

test("forwarding to a leader that drops off the network is aborted, and stops", async () => {
  const env = { LEASE: "0.4", LEADER_WAIT: "0.5" };
  const { servers } = await startServers(2, env);
  const [leader, standby] = servers as [TestServer, TestServer];
  expect((await standby.query("{ who }")).body.data).toEqual({ who: "0" });
  leader.relay.stall(0);
  const [query, mutation] = await Promise.all([
    standby.query("{ who }"),
    standby.query("mutation { rename }"),
  ]);
  const codeOf = ({ body }: typeof query) => body.errors?.[0]?.extensions.code;
  expect([query.status, codeOf(query), codeOf(mutation)]).toEqual([503, "NO_LEADER", "OUTCOME_UNKNOWN"]);
  const late = await standby.query("mutation { rename }");
  expect([late.status, codeOf(late)]).toEqual([503, "NO_LEADER"]);
  expect(leader.executed.filter((name) => name === "rename")).toHaveLength(1);
});
