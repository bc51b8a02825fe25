import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { describeWithValkey } from "../support/valkey.ts";
import {
  addressOf,
  codesOf,
  eventually,
  join,
  leads,
  names,
  ready,
  rename,
  startAlma,
  startEngine,
  startPair,
} from "./members.ts";

describeWithValkey("an engine", () => {
  test("that is full lets the leader go on, rings, and takes what was missing once it can", async () => {
    const { valkey, id, leader, standby } = await startPair();
    await valkey.ask("CONFIG", "SET", "maxmemory", "1mb");
    expect((await standby.query(rename(id, "full"))).data.updateBuilding.userErrors).toEqual([]);
    await eventually(async () =>
      /share_engine_refuses 1/.test(await (await fetch(`${leader.address}/metrics`)).text()),
    );
    expect((await standby.query(addressOf(id))).data.building.address).toBe("full");
    expect(await ready(leader)).toBe(true);
    await valkey.ask("CONFIG", "SET", "maxmemory", "0");
    await eventually(async () =>
      /share_engine_refuses 0/.test(await (await fetch(`${leader.address}/metrics`)).text()),
    );
    await eventually(async () => (await valkey.ask("HLEN", "{alma}:intents")) === 0);
    await leader.close();
    const { data, extensions } = await standby.query(addressOf(id));
    expect([data.building.address, extensions.alma.calls]).toEqual(["full", 0]);
  }, 180_000);

  test("that is full when the leader is lost: the next one reads again what a write has changed", async () => {
    const { valkey, id, leader, standby } = await startPair();
    await valkey.ask("CONFIG", "SET", "maxmemory", "1mb");
    expect((await standby.query(rename(id, "full"))).data.updateBuilding.userErrors).toEqual([]);
    await leader.close();
    await eventually(() => leads(standby));
    expect((await standby.query(addressOf(id))).data.building.address).toBe("full");
  }, 180_000);

  test("that is started again empty makes writes wait, and counts all as unknown", async () => {
    const { valkey, alma, id, members } = await startPair({ MAX_AGE: "3600" });
    // Nothing would read it again.
    await members[0].query(addressOf(id));
    alma.data.buildings.change(id, { address: "outside" });
    const restarted = performance.now();
    await valkey.restart();
    await eventually(async () => {
      const { data } = await members[0].query(addressOf(id));
      return data?.building.address === "outside";
    });
    for (const member of members) await eventually(() => ready(member));
    await eventually(async () => (await members[1].query(rename(id, "after"))).data?.updateBuilding);
    // ALMA_TIMEOUT and LEASE.
    expect(performance.now() - restarted).toBeGreaterThan(3_000);
  }, 180_000);

  test("that is emptied while it runs is filled again, by whoever leads then", async () => {
    const { valkey, id, members } = await startPair();
    await valkey.ask("FLUSHALL");
    await eventually(async () => (await valkey.ask("EXISTS", "{alma}:lease")) === 1);
    for (const member of members) await eventually(() => ready(member));
    await eventually(async () => (await members[1].query(rename(id, "after"))).data?.updateBuilding);
    expect((await members[0].query(addressOf(id))).data.building.address).toBe("after");
  }, 180_000);

  test("of another Alma, or one that forgets, is refused at the start", async () => {
    const valkey = await startEngine();
    const alma = await startAlma();
    await join(alma, valkey.url);
    const other = await startAlma();
    await expect(join(other, valkey.url)).rejects.toThrow(/another ALMA_URL/);
    await join(other, valkey.url, { VALKEY_PREFIX: "other" });
    await valkey.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    await expect(join(alma, valkey.url)).rejects.toThrow(/noeviction/);
  }, 180_000);

  test("of another Alma, which could not be reached at the start, is not used", async () => {
    const valkey = await startEngine();
    const proxy = await startTcpProxy(valkey.port);
    await join(await startAlma(), valkey.url);
    proxy.cut();
    const other = await startAlma();
    const member = await join(other, `valkey://127.0.0.1:${proxy.port}`, { LEASE: "0.4", LEADER_WAIT: "0" });
    proxy.mend();
    await eventually(() => member.messages().includes("the engine must not be used as it is"));
    await valkey.ask("DEL", "{alma}:lease");
    await sleep(1_000);
    expect(other.log.entries).toEqual([]);
    expect(codesOf(await member.query(names))).toEqual(["NO_LEADER"]);
  }, 180_000);
});
