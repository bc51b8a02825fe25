import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DETAIL, NEVER } from "../../src/catalog/index.ts";
import { describeWithValkey } from "../support/valkey.ts";
import {
  addressOf,
  codesOf,
  eventually,
  join,
  leads,
  ready,
  rename,
  startEngine,
  startMembers,
  terms,
} from "./members.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(joinPath(tmpdir(), "valkey-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** An engine whose data can be set back to what it was when `dump` was called. */
async function startDumpedEngine() {
  const dir = await folder();
  const valkey = await startEngine("--dir", dir);
  return {
    valkey,
    async dump() {
      await valkey.ask("SAVE");
      await copyFile(joinPath(dir, "dump.rdb"), joinPath(dir, "kept.rdb"));
    },
    /** Starts it again with that data; `meanwhile` is done while it is away. */
    async restore(meanwhile = async () => {}) {
      await valkey.kill();
      await copyFile(joinPath(dir, "kept.rdb"), joinPath(dir, "dump.rdb"));
      await meanwhile();
      await valkey.start();
    },
  };
}

// MAX_AGE: nothing that is known is read again by itself.
const env = { MAX_AGE: "3600", ALMA_TIMEOUT: "1", WRITE_SETTLING_TIME: "20" };

describeWithValkey("an older dump of the engine that is restored", () => {
  test("after another term: all counts as touched, and writes wait ALMA_TIMEOUT and LEASE", async () => {
    const { valkey, dump, restore } = await startDumpedEngine();
    const { alma, id, members } = await startMembers([valkey.url, valkey.url], env);
    const [first, second] = members;
    await first.query(addressOf(id));
    await dump();
    await first.close();
    await eventually(() => leads(second));
    expect((await second.query(rename(id, "second"))).data.updateBuilding.userErrors).toEqual([]);
    const third = await join(alma, valkey.url, env);
    await eventually(() => ready(third));
    await restore(() => second.close());
    const restored = performance.now();
    await eventually(() => leads(third));
    expect((await third.query(addressOf(id))).data.building.address).toBe("second");
    const early = await third.query(rename(id, "third"));
    if (performance.now() - restored < 2_000) expect(codesOf(early)).toEqual(["NO_LEADER"]);
    await eventually(async () => (await third.query(rename(id, "third"))).data?.updateBuilding);
    expect(performance.now() - restored).toBeGreaterThan(2_000);
    expect((await third.query(addressOf(id))).data.building.address).toBe("third");
  }, 60_000);

  test("while its leader goes on: it has all again, the writes under way included, and writes wait", async () => {
    const { valkey, dump, restore } = await startDumpedEngine();
    const { alma, id, members } = await startMembers([valkey.url, valkey.url], {
      ...env,
      LEASE: "4",
      ALMA_TIMEOUT: "8",
    });
    const [leader, standby] = members;
    const intents = async () => Number(await valkey.ask("HLEN", "{alma}:intents"));
    await eventually(async () => (await intents()) === 0);
    await dump();
    const isPatch = ({ method }: { readonly method: string }) => method === "PATCH";
    const stall = alma.faults.add({ kind: "stall", ms: 6_000, point: "after", when: isPatch, times: 1 });
    const slow = leader.query(rename(id, "slow"));
    await eventually(() => stall.hits === 1);
    await restore();
    await eventually(async () => (await intents()) === 1);
    expect(leads(leader)).toBe(true);
    expect(codesOf(await standby.query(rename(id, "early")))).toEqual(["NO_LEADER"]);
    expect((await slow).data.updateBuilding.userErrors).toEqual([]);
    expect((await standby.query(addressOf(id))).data.building.address).toBe("slow");
    expect(terms(standby)).toBe(0);
  }, 60_000);
});

describeWithValkey("an engine that writes everything to its disk before it answers", () => {
  test("and is started again is gone on with: nothing waits, and nothing is read again", async () => {
    const always = ["--appendonly", "yes", "--appendfsync", "always", "--dir", await folder()];
    const valkey = await startEngine(...always);
    const { alma, id, members } = await startMembers([valkey.url, valkey.url], {
      ...env,
      ALMA_TIMEOUT: "20",
    });
    const [first, second] = members;
    await eventually(async () => (await valkey.ask("HLEN", "{alma}:intents")) === 0);
    // Both know it again after the first write.
    for (const { gateway } of members)
      await eventually(() => (gateway.catalog.store.tables.building.get(id)?.asOf(DETAIL) ?? NEVER) > NEVER);
    await valkey.kill();
    for (const member of members) await eventually(async () => !(await ready(member)));
    alma.data.buildings.change(id, { address: "outside" });
    await valkey.start();
    const restarted = performance.now();
    for (const member of members) await eventually(() => ready(member));
    expect((await second.query(addressOf(id))).data.building.address).toBe("first");
    const written = await eventually(
      async () => (await second.query(rename(id, "after", "k"))).data?.updateBuilding,
    );
    expect(written.userErrors).toEqual([]);
    expect(performance.now() - restarted).toBeLessThan(20_000);
    expect(first.messages().concat(second.messages())).not.toContainEqual(
      expect.stringContaining("was started again"),
    );
  }, 60_000);
});
