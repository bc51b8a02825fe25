import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startServers, type TestServer } from "./servers.ts";

const isReady = async ({ url }: TestServer) => (await fetch(`${url}/health/ready`)).status === 200;

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

async function start(env: Record<string, string>) {
  const { cluster, servers } = await startServers(2, env);
  const [leader, standby] = servers as [TestServer, TestServer];
  await until(() => isReady(standby));
  return { cluster, leader, standby };
}

describe("a standby", () => {
  test("that does not reach the leader is not ready, and is ready again when it does", async () => {
    const { cluster, leader, standby } = await start({ LEASE: "0.3" });
    await leader.relay.cut();
    await until(async () => !(await isReady(standby)));
    expect(await isReady(leader)).toBe(true);
    cluster.lead(1);
    expect(await isReady(standby)).toBe(true);
  });

  test("whose leader does not answer is not ready", async () => {
    const { leader, standby } = await start({ LEASE: "0.3" });
    leader.relay.stall();
    leader.relay.drop();
    await until(async () => !(await isReady(standby)));
  });

  test("stays ready briefly without a leader", async () => {
    const { cluster, standby } = await start({ LEASE: "0.5" });
    cluster.lead(undefined);
    const begun = performance.now();
    await until(async () => !(await isReady(standby)));
    expect(performance.now() - begun).toBeGreaterThan(500);
    cluster.lead(0);
    await until(() => isReady(standby));
    await sleep(1_200);
    expect(await isReady(standby)).toBe(true);
  });
});
