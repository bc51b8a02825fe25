import { describe, expect, test } from "vitest";
import type { Attempt } from "../../../src/server/peer/exchange.ts";
import { forward } from "../../../src/server/peer/forward.ts";
import type { Leader } from "../../../src/share/index.ts";
import { advance, now, skipWaiting } from "../../support/clock.ts";
import { Cluster } from "../../support/cluster.ts";

const leaderWait = 10_000;
const formerLeaderTime = 1_000;

/** A mutation sent to one of two members, the first of which leads and shuts down. */
function start(reached: number) {
  const cluster = new Cluster();
  const members = [cluster.join(), cluster.join()];
  for (const [index, member] of members.entries()) member.start(`${index}`);
  cluster.leave();
  const { leadership, marks } = members[reached] as (typeof members)[number];
  const send = async ({ address }: Leader): Promise<Attempt> =>
    address === "0"
      ? { kind: "leaving" }
      : { kind: "answered", answer: { statusCode: 200, headers: {}, body: Buffer.from("{}") } };
  const exchange = { send, close: async () => {} };
  const request = {
    method: "POST",
    path: "/graphql",
    headers: {},
    body: () => null,
    mayWrite: true,
    isRepeatable: true,
    forwardingId: "one",
    ip: "127.0.0.1",
    protocol: "http",
    host: "127.0.0.1",
  };
  const options = { leadership, marks, exchange, isCutOff: () => false, leaderWait, formerLeaderTime };
  return { cluster, outcome: forward(request, options, new AbortController().signal) };
}

describe.each([
  ["the stopping process", 0],
  ["another one", 1],
])("a mutation that reaches %s", (_, reached) => {
  test("waits LEADER_WAIT from when the leader has stopped", async () => {
    const { cluster, outcome } = start(reached);
    await new Promise((resolve) => setImmediate(resolve));
    advance(4_500);
    await new Promise((resolve) => setTimeout(resolve, 150));
    cluster.lead(undefined);
    // Longer than LEADER_WAIT after its arrival.
    advance(leaderWait - 3_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    cluster.lead(1);
    expect((await skipWaiting(outcome)).kind).toBe(reached === 0 ? "answered" : "here");
  });

  test("waits no longer than a sync and its last write may take for a leader that does not stop", async () => {
    const begun = now();
    expect((await skipWaiting(start(reached).outcome)).kind).toBe("no-leader");
    expect(now() - begun).toBeGreaterThanOrEqual(5_000 + formerLeaderTime + leaderWait);
    expect(now() - begun).toBeLessThan(5_000 + formerLeaderTime + leaderWait + 5_000);
  });

  test("waits LEADER_WAIT and no longer if there is no next leader", async () => {
    const { cluster, outcome } = start(reached);
    await new Promise((resolve) => setImmediate(resolve));
    const left = now();
    cluster.lead(undefined);
    expect((await skipWaiting(outcome)).kind).toBe("no-leader");
    expect(now() - left).toBeLessThan(leaderWait + 5_000);
  });
});
