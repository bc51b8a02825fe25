import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { DETAIL, NEVER } from "../../src/catalog/index.ts";
import type { Answer } from "../support/gateway.ts";
import { describeWithPostgres } from "../support/postgres.ts";
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
  startPair,
  startStore,
  type TestMember,
  terms,
} from "./members.ts";

describeWithPostgres("when the store is unavailable", () => {
  test("for less than LEASE, no caller notices", async () => {
    const { postgres, id, leader, standby } = await startPair({ LEASE: "8" });
    postgres.signal("SIGSTOP");
    const stopped = performance.now();
    const answers = [];
    while (performance.now() - stopped < 900) {
      answers.push(await leader.query(names), await standby.query(names));
      expect(await ready(leader)).toBe(true);
    }
    postgres.signal("SIGCONT");
    answers.push(await standby.query(rename(id, "second")));
    expect(answers.flatMap((answer) => answer.errors ?? [])).toEqual([]);
    expect(leads(leader)).toBe(true);
    expect(terms(standby)).toBe(0);
  }, 180_000);

  test("for longer, nothing is answered from memory or written, every process says so, and it recovers by itself", async () => {
    const { postgres, alma, id, members } = await startPair({ LEADER_WAIT: "0.5" });
    postgres.signal("SIGSTOP");
    for (const member of members) {
      const { code, status } = await eventually(async () => {
        const health = await member.ready();
        return health.code === 503 && health;
      });
      // The leader's lease may end before the outage of the store is detected.
      const reason = /its lease is over|this affects all processes that share it/;
      expect([code, status]).toEqual([503, expect.stringMatching(reason)]);
      await eventually(async () => /this affects/.test((await member.ready()).status));
    }
    alma.log.clear();
    for (const member of members) {
      expect(codesOf(await member.query(names))).toEqual(["NO_LEADER"]);
      expect(codesOf(await member.query(rename(id, "lost")))).toEqual(["NO_LEADER"]);
      expect((await fetch(`${member.address}/health/live`)).status).toBe(200);
      const metrics = await (await fetch(`${member.address}/metrics`)).text();
      expect(metrics).toContain("\nalma_gateway_share_leads 0\n");
    }
    await sleep(1_000);
    expect(alma.log.entries).toEqual([]);
    postgres.signal("SIGCONT");
    for (const member of members) await eventually(() => ready(member));
    await eventually(async () => (await members[1].query(rename(id, "after"))).data?.updateBuilding);
    expect((await members[0].query(addressOf(id))).data.building.address).toBe("after");
  }, 180_000);

  test("for longer, every process answers queries that accept stale data, and says how old it is", async () => {
    const { postgres, alma, id, members } = await startPair({
      LEADER_WAIT: "0.3",
      MAX_AGE: "1",
    });
    const read = `query ($if: IfUnreachable! = FAIL) @freshness(ifUnreachable: $if) {
      building(ref: { almaId: ${id} }) { address } units(first: 2) { totalCount asOf } }`;
    const ask = async (member: TestMember, variables: object, query = read) => {
      const response = await fetch(`${member.address}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as Answer) };
    };
    const known = await ask(members[0], {});
    // The other process learns of it after the answer.
    for (const { gateway } of members)
      await eventually(() => (gateway.catalog.store.tables.building.get(id)?.asOf(DETAIL) ?? NEVER) > NEVER);
    // An age counted from now would be smaller than the real ages.
    await sleep(300);
    postgres.signal("SIGSTOP");
    for (const member of members) await eventually(async () => (await member.ready()).code === 503);
    const readAt = (asked: string) =>
      Math.max(...alma.log.entries.filter(({ path }) => path === asked).map(({ at }) => at));
    const [list, record] = [readAt("realty/units/"), readAt(`realty/buildings/${id}/`)];
    for (const member of members) {
      const stale = await ask(member, { if: "SERVE_STALE" });
      expect(stale.errors).toBeUndefined();
      expect(stale.data.building).toEqual({ address: "first" });
      expect(stale.data.units.totalCount).toBe(known.data.units.totalCount);
      // Ages are upper bounds, on every process.
      const { units } = stale.data;
      expect(Date.parse(units.asOf)).toBeLessThanOrEqual(list + 5);
      expect(Date.parse(stale.extensions.alma.oldest ?? "")).toBeLessThanOrEqual(Math.min(list, record) + 5);
      for (const text of [read, `${read} # SERVE_STALE`]) {
        const refused = await ask(member, {}, text);
        expect([refused.status, codesOf(refused)]).toEqual([503, ["NO_LEADER"]]);
      }
    }
    postgres.signal("SIGCONT");
    for (const member of members) await eventually(() => ready(member));
    await eventually(async () => (await members[1].query(rename(id, "after"))).data?.updateBuilding);
    for (const member of members)
      expect((await member.query(addressOf(id))).data.building.address).toBe("after");
  }, 60_000);

  test("at the start, the process waits for it, alive and not ready", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    await postgres.kill();
    const member = await join(alma, postgres.url, { LEADER_WAIT: "0.2" });
    expect((await member.ready()).code).toBe(503);
    expect(codesOf(await member.query(names))).toEqual(["NO_LEADER"]);
    await postgres.start();
    await eventually(() => ready(member));
    expect((await member.query(names)).errors).toBeUndefined();
  }, 180_000);

  test("for the leader alone, another one leads, and no answer of the former is older than a write of the other", async () => {
    const { proxy, id, leader: first, standby: second } = await startPair({ LEADER_WAIT: "0.5" }, "leader");
    expect((await first.query(addressOf(id))).data.building.address).toBe("first");
    proxy.cut();
    await eventually(() => leads(second));
    await eventually(async () => (await second.query(rename(id, "second"))).data?.updateBuilding);
    expect(codesOf(await first.query(addressOf(id)))).toEqual(["NO_LEADER"]);
    expect((await second.query(addressOf(id))).data.building.address).toBe("second");
    proxy.mend();
    await eventually(() => ready(first));
    expect(leads(first)).toBe(false);
    expect((await first.query(addressOf(id))).data.building.address).toBe("second");
  }, 180_000);

  test("for the leader alone while Alma performs a write, in a later term: its answer comes when no other process can give another", async () => {
    const [almaTimeout, stall, lease] = [4_000, 3_500, 1_000];
    const {
      postgres,
      proxy,
      alma,
      id,
      leader: first,
      standby: second,
    } = await startPair({ MAX_AGE: "3600", ALMA_TIMEOUT: String(almaTimeout / 1_000) }, "leader");
    proxy.cut();
    await eventually(() => leads(second));
    proxy.mend();
    await eventually(() => ready(first));
    await second.close();
    await eventually(() => leads(first));
    const third = await join(alma, postgres.url, { MAX_AGE: "3600" });
    await eventually(() => ready(third));
    alma.faults.add({
      kind: "stall",
      ms: stall,
      point: "before",
      when: ({ method }) => method === "PATCH",
      times: 1,
    });
    const sentAt = performance.now();
    const answer = first.query(rename(id, "second"));
    await eventually(() => alma.data.buildings.get(id)?.address === "second");
    proxy.cut();
    const { data } = await answer;
    // By then, the next leader has invalidated what the write changed, even if it cannot read the intent.
    expect(performance.now() - sentAt).toBeGreaterThan(stall + almaTimeout + lease);
    expect(data.updateBuilding.userErrors.map(({ code }: { code: string }) => code)).toEqual(
      data.updateBuilding.userErrors.length === 0 ? [] : ["OUTCOME_UNKNOWN"],
    );
    await eventually(() => leads(third));
    expect((await third.query(addressOf(id))).data.building.address).toBe("second");
    // Closing a gateway would wait for the store.
    proxy.mend();
  }, 180_000);

  test("for a standby alone, it forwards as long as it knows the leader, and is not ready", async () => {
    const { proxy, leader, standby } = await startPair({}, "standby");
    proxy.cut();
    await eventually(async () => (await standby.ready()).code === 503);
    expect((await standby.query(names)).errors).toBeUndefined();
    expect(await ready(leader)).toBe(true);
    proxy.mend();
    await eventually(() => ready(standby));
  }, 180_000);
});
