import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { describeWithPostgres, dumpOf, type Postgres, putBack, restoreDump } from "../support/postgres.ts";
import { runStoreCommand } from "../support/store-command.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import {
  addressOf,
  codesOf,
  countIntents,
  eventually,
  join,
  leads,
  ready,
  rename,
  startAlma,
  startMembers,
  startStore,
  type TestMember,
  terms,
  through,
} from "./members.ts";

// MAX_AGE: known records are not read again by themselves.
const env = { MAX_AGE: "3600", ALMA_TIMEOUT: "1", WRITE_SETTLING_TIME: "30" };

/** Two gateways that reach a store through an address that can be redirected to a replica. */
async function startReplicated(own: Record<string, string> = {}) {
  const alma = await startAlma();
  const postgres = await startStore(alma);
  const proxy = await startTcpProxy(postgres.port);
  const { id, members } = await startMembers(alma, [through(proxy), through(proxy)], { ...env, ...own });
  await eventually(async () => (await countIntents(postgres)) === 0);
  const replica = await postgres.replicate();
  // With a store: a leader without one waits for it as long as its lease.
  onTestFinished(async () => void (await Promise.all(members.map(({ close }) => close()))));
  const failOver = async () => {
    const lostAt = performance.now();
    await postgres.kill();
    if (!replica.isRunning()) await replica.start();
    await replica.promote();
    proxy.redirect(replica.port);
    return lostAt;
  };
  return { alma, id, postgres, replica, members, failOver };
}

/** Resolves when a standby has polled the store once more: it leaves a nonce with each poll. */
async function whenLooked(postgres: Postgres) {
  const lastNonce = async () => (await postgres.ask("SELECT max(nonce) AS nonce FROM nonce"))[0].nonce;
  const before = await eventually(lastNonce);
  await eventually(async () => Number(await lastNonce()) > Number(before));
}

/** Writes wait until ALMA_TIMEOUT and LEASE have passed since the loss; then a write succeeds, and all agree on it. */
async function expectWritesToWait(lostAt: number, id: number, members: readonly TestMember[]) {
  const [member] = members as [TestMember];
  await eventually(async () => (await member.query(rename(id, "after"))).data?.updateBuilding);
  expect(performance.now() - lostAt).toBeGreaterThan(2_000);
  for (const { query } of members) expect((await query(addressOf(id))).data.building.address).toBe("after");
}

describeWithPostgres("a replica that was promoted", () => {
  test("and has everything is continued by a running leader: nothing waits or is read again", async () => {
    const { alma, id, members, failOver } = await startReplicated({ LEASE: "8", ALMA_TIMEOUT: "30" });
    const [leader, standby] = members;
    await leader.query(addressOf(id));
    alma.data.buildings.change(id, { address: "outside" });
    const lostAt = await failOver();
    for (const member of members) await eventually(() => ready(member));
    expect((await standby.query(addressOf(id))).data.building.address).toBe("first");
    await eventually(async () => (await standby.query(rename(id, "after"))).data?.updateBuilding);
    expect(performance.now() - lostAt).toBeLessThan(30_000);
    expect(members.map(terms)).toEqual([1, 0]);
  }, 120_000);

  test("and lacks commits: a running leader stores everything again, including intents, and writes wait", async () => {
    const { alma, id, replica, members, failOver } = await startReplicated({
      LEASE: "8",
      ALMA_TIMEOUT: "30",
    });
    const [leader, standby] = members;
    await replica.kill();
    const isPatch = ({ method }: { readonly method: string }) => method === "PATCH";
    // Longer than LEASE, within which the leader must store everything again.
    const stall = alma.faults.add({ kind: "stall", ms: 10_000, point: "after", when: isPatch, times: 1 });
    const slow = leader.query(rename(id, "slow"));
    await eventually(() => stall.hits === 1);
    await failOver();
    await eventually(async () => (await countIntents(replica)) === 1);
    expect(leads(leader)).toBe(true);
    expect(codesOf(await standby.query(rename(id, "early")))).toEqual(["NO_LEADER"]);
    expect((await slow).data.updateBuilding.userErrors).toEqual([]);
    expect((await standby.query(addressOf(id))).data.building.address).toBe("slow");
    expect(terms(standby)).toBe(0);
  }, 120_000);

  test("and lacks commits of a leader that is gone: everything counts as invalidated, and writes wait", async () => {
    const { id, replica, members, failOver } = await startReplicated();
    const [leader, standby] = members;
    await replica.kill();
    expect((await leader.query(rename(id, "lost"))).data.updateBuilding.userErrors).toEqual([]);
    const [lostAt] = await Promise.all([failOver(), leader.close()]);
    await eventually(() => leads(standby));
    expect((await standby.query(addressOf(id))).data.building.address).toBe("lost");
    await expectWritesToWait(lostAt, id, [standby]);
  }, 120_000);
});

describeWithPostgres("a backup that is put back", () => {
  test("as old files is noticed by a process that has seen more", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const { id, members } = await startMembers(alma, [postgres.url, postgres.url], env);
    const [first, second] = members;
    await eventually(async () => (await countIntents(postgres)) === 0);
    await postgres.kill();
    const backup = mkdtempSync(joinPath(tmpdir(), "alma-backup-"));
    onTestFinished(() => rmSync(backup, { recursive: true }));
    execFileSync("cp", ["-a", `${postgres.folder}/.`, backup]);
    await postgres.start();
    for (const member of members) await eventually(() => ready(member));
    const leader = members.find(leads) as TestMember;
    const standby = leader === first ? second : first;
    await eventually(async () => (await leader.query(rename(id, "lost"))).data?.updateBuilding);
    await eventually(async () => (await countIntents(postgres)) === 0);
    await whenLooked(postgres);
    const lostAt = performance.now();
    await postgres.kill();
    await leader.close();
    putBack(backup, postgres);
    await postgres.start();
    await eventually(() => leads(standby));
    expect((await standby.query(addressOf(id))).data.building.address).toBe("lost");
    await expectWritesToWait(lostAt, id, [standby]);
  }, 120_000);

  test("as files while no gateway runs is noticed once the operator reports it", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const { id, members } = await startMembers(alma, [postgres.url], env);
    const [leader] = members;
    await leader.query(addressOf(id));
    await eventually(async () => (await countIntents(postgres)) === 0);
    await postgres.kill();
    const backup = mkdtempSync(joinPath(tmpdir(), "alma-backup-"));
    onTestFinished(() => rmSync(backup, { recursive: true }));
    execFileSync("cp", ["-a", `${postgres.folder}/.`, backup]);
    await postgres.start();
    await eventually(async () => (await leader.query(rename(id, "lost"))).data?.updateBuilding);
    const lostAt = performance.now();
    await leader.close();
    await postgres.kill();
    putBack(backup, postgres);
    await postgres.start();
    const settings = {
      ALMA_URL: alma.url,
      ALMA_API_KEY: "k",
      STORE_URL: postgres.url,
      PEER_SECRET: "p".repeat(32),
    };
    expect((await runStoreCommand(["restored"], () => loadConfig(settings))).code).toBe(0);
    const next = await join(alma, postgres.url, env);
    await eventually(() => leads(next));
    expect((await next.query(addressOf(id))).data.building.address).toBe("lost");
    await expectWritesToWait(lostAt, id, [next]);
  }, 120_000);

  test("as a dump is noticed by processes that have not seen its contents", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const { id, members } = await startMembers(alma, [postgres.url], env);
    const [leader] = members;
    await eventually(async () => (await countIntents(postgres)) === 0);
    const dump = dumpOf(postgres);
    expect((await leader.query(rename(id, "lost"))).data.updateBuilding.userErrors).toEqual([]);
    const lostAt = performance.now();
    await leader.close();
    await postgres.ask("DROP SCHEMA alma CASCADE");
    restoreDump(postgres, dump);
    const next = await join(alma, postgres.url, env);
    await eventually(() => leads(next));
    expect((await next.query(addressOf(id))).data.building.address).toBe("lost");
    await expectWritesToWait(lostAt, id, [next]);
    // Once it leads, its stored data counts.
    await next.close();
    const last = await join(alma, postgres.url, env);
    await eventually(() => ready(last));
    expect((await last.query(rename(id, "last"))).data.updateBuilding.userErrors).toEqual([]);
  }, 120_000);
});
