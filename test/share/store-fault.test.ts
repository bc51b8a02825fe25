import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeWithPostgres, type Postgres, startPostgres } from "../support/postgres.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import {
  addressOf,
  codesOf,
  countIntents,
  eventually,
  join,
  leads,
  names,
  ready,
  rename,
  startAlma,
  startPair,
  startStore,
  terms,
  through,
} from "./members.ts";

/** Prevents all writes of entries, as a full disk does. */
const fill = ({ ask }: Postgres) =>
  ask(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
  CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON entry EXECUTE FUNCTION full_disk()`);

describeWithPostgres("a store", () => {
  test("that is full lets the leader continue, raises an alarm, and gets the missing data once it can", async () => {
    const { postgres, id, leader, standby } = await startPair();
    await fill(postgres);
    expect((await standby.query(rename(id, "full"))).data.updateBuilding.userErrors).toEqual([]);
    const metrics = async () => (await fetch(`${leader.address}/metrics`)).text();
    await eventually(async () => /share_store_refuses 1/.test(await metrics()));
    expect((await standby.query(addressOf(id))).data.building.address).toBe("full");
    expect(await ready(leader)).toBe(true);
    await postgres.ask("DROP TRIGGER full_disk ON entry");
    await eventually(async () => /share_store_refuses 0/.test(await metrics()));
    await eventually(async () => (await countIntents(postgres)) === 0);
    await leader.close();
    const { data, extensions } = await standby.query(addressOf(id));
    expect([data.building.address, extensions.alma.calls]).toEqual(["full", 0]);
  }, 180_000);

  test("that is full when the leader is lost: the next leader reads again what a write has changed", async () => {
    const { postgres, id, leader, standby } = await startPair();
    await fill(postgres);
    expect((await standby.query(rename(id, "full"))).data.updateBuilding.userErrors).toEqual([]);
    await leader.close();
    await eventually(() => leads(standby));
    expect((await standby.query(addressOf(id))).data.building.address).toBe("full");
  }, 180_000);

  test("loses nothing in a restart: nothing waits or is read again", async () => {
    const { postgres, alma, id, members } = await startPair({
      MAX_AGE: "3600",
      LEASE: "8",
      ALMA_TIMEOUT: "30",
    });
    await members[0].query(addressOf(id));
    alma.data.buildings.change(id, { address: "outside" });
    const restarted = performance.now();
    await postgres.restart();
    for (const member of members) await eventually(() => ready(member));
    expect((await members[1].query(addressOf(id))).data.building.address).toBe("first");
    await eventually(async () => (await members[1].query(rename(id, "after"))).data?.updateBuilding);
    expect(performance.now() - restarted).toBeLessThan(30_000);
    expect(members.map(terms)).toEqual([1, 0]);
  }, 180_000);

  test("in which another program locks the row of the lease: reads continue, and a write is performed once or not at all", async () => {
    const { postgres, alma, id, members } = await startPair({ LEADER_WAIT: "1" });
    const [leader, standby] = members;
    alma.log.clear();
    const held = postgres.ask("BEGIN; UPDATE lease SET one = one; SELECT pg_sleep(60); ROLLBACK");
    const waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    await eventually(async () => (await postgres.ask(waiting)).length > 0);
    const refused = await leader.query(rename(id, "held"));
    expect(codesOf(refused)).toEqual(["NO_LEADER"]);
    for (const { query } of members) expect((await query(addressOf(id))).data.building.address).toBe("first");
    // Longer than LEASE, within which the leader must renew it.
    await sleep(2_000);
    const cancel = () => postgres.ask(waiting.replace("pid", "pg_cancel_backend(pid)"));
    await Promise.all([expect(held).rejects.toThrow(/canceling statement/), cancel()]);
    const isPatch = ({ method }: { readonly method: string }) => method === "PATCH";
    expect(alma.log.entries.filter(isPatch)).toEqual([]);
    await eventually(async () => (await standby.query(rename(id, "after"))).data?.updateBuilding);
    expect(alma.log.entries.filter(isPatch)).toHaveLength(1);
    expect(members.map(terms)).toEqual([1, 0]);
  }, 180_000);

  test("that is emptied while it runs is filled again by the current leader", async () => {
    const { postgres, id, members } = await startPair();
    await postgres.ask(`DELETE FROM entry; DELETE FROM intent; DELETE FROM kept; UPDATE beat SET token = '', beat = 0;
      UPDATE lease SET token = '', term = 0, step = 0, epoch = '', seq = 0`);
    for (const member of members) await eventually(() => ready(member));
    await eventually(async () => (await members[1].query(rename(id, "after"))).data?.updateBuilding);
    expect((await members[0].query(addressOf(id))).data.building.address).toBe("after");
  }, 180_000);

  test("of another Alma or with another key, or one that loses committed data, is refused at the start", async () => {
    const alma = await startAlma();
    const { url, ask } = await startStore(alma);
    await join(alma, url);
    const other = await startAlma();
    await expect(join(other, url)).rejects.toThrow(/another Alma \(ALMA_URL\)/);
    await join(other, url, { STORE_SCHEMA: "other" });
    await expect(join(alma, url, { STORE_KEY: "7".repeat(64) })).rejects.toThrow(/not encrypted/);
    await join(alma, url, { STORE_KEY: "7".repeat(64), STORE_SCHEMA: "sealed" });
    await expect(join(alma, url, { STORE_KEY: "8".repeat(64), STORE_SCHEMA: "sealed" })).rejects.toThrow(
      /another STORE_KEY/,
    );
    await expect(join(alma, url, { STORE_SCHEMA: "sealed" })).rejects.toThrow(/STORE_KEY is not set/);
    await ask("UPDATE about SET value = '99' WHERE name = 'layout'");
    await expect(join(alma, url)).rejects.toThrow(/newer version/);
    await ask("CREATE SCHEMA foreign_one; CREATE TABLE foreign_one.about (name text, value text)");
    await ask("INSERT INTO foreign_one.about VALUES ('application', 'another')");
    await expect(join(alma, url, { STORE_SCHEMA: "foreign_one" })).rejects.toThrow(
      /belongs to another program/,
    );
    await ask("CREATE USER stranger");
    await expect(join(alma, url.replace("alma@", "stranger@"))).rejects.toThrow(
      /refuses this gateway.*rights/,
    );
    await expect(join(alma, url.replace(/postgres$/, "none"))).rejects.toThrow(
      /database "none" does not exist/,
    );
    await ask("ALTER USER alma SET synchronous_commit = local");
    await expect(join(alma, url)).rejects.toThrow(/synchronous_commit is local/);
  }, 180_000);

  test("of another Alma, which could not be reached at the start, is not used", async () => {
    const postgres = await startPostgres();
    const proxy = await startTcpProxy(postgres.port);
    await join(await startAlma(), postgres.url);
    proxy.cut();
    const other = await startAlma();
    const member = await join(other, through(proxy), { LEASE: "0.4", LEADER_WAIT: "0" });
    proxy.mend();
    await eventually(() => member.messages().includes("the store must not be used as it is"));
    await sleep(1_000);
    expect(other.log.entries).toEqual([]);
    expect(codesOf(await member.query(names))).toEqual(["NO_LEADER"]);
  }, 180_000);
});
