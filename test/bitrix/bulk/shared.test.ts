import { expect, test } from "vitest";
import { eventually, join, leads, ready, startAlma, startStore } from "../../share/members.ts";
import { spawnMember, whenReady } from "../../share/processes.ts";
import { describeWithPostgres } from "../../support/postgres.ts";
import { type Payload, syncMutation } from "../sync/gateway.ts";
import { expectRecords, unfinishedOf } from "./outcome.ts";
import { portfolio } from "./portfolio.ts";
import { expectedRecordsOf } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

const syncOf = async (address: string, items: unknown): Promise<Payload | undefined> => {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: syncMutation, variables: { items } }),
  }).catch(() => undefined);
  const answer = (await response?.json()) as { data?: { syncBitrix?: Payload } } | undefined;
  return answer?.data?.syncBitrix;
};

const createClient = `mutation { createClient(input: { externalId: "another", firstName: "Lea", lastName: "Bauer",
  email: "lea@example.com", country: "971" }) { userErrors { code } } }`;

describeWithPostgres("a sync of many items through several processes", () => {
  test("whose leader is killed midway creates nothing twice when it is sent again", async () => {
    const all = portfolio(22, 150);
    const alma = await startAlma({ size: 0, data: { projects: [{ id: 207, name: "Dubai" }] }, latency: 4 });
    const postgres = await startStore(alma);
    const members = await Promise.all([1, 2, 3].map(() => spawnMember(alma, postgres.url)));
    const sync = (address: string, round: number) => syncOf(address, itemsOf(all, round));
    const alive = [...members];
    for (const last of [20, 60]) {
      const leader = await whenReady(alive);
      alive.splice(alive.indexOf(leader), 1);
      let writes = 0;
      const killSwitch = alma.faults.add({
        kind: "reset",
        when({ method }) {
          if (method === "POST" && ++writes === last) leader.child.kill("SIGKILL");
          return false;
        },
      });
      // Writes may still wait after the first start; the request may also have reached another process, which forwarded
      // it.
      await eventually(async () => {
        await sync((alive[0] ?? leader).url, last);
        return writes >= last;
      });
      killSwitch.remove();
    }
    const [survivor] = alive;
    await eventually(async () => {
      const payload = survivor && (await sync(survivor.url, 3));
      return payload && unfinishedOf(payload, all).length === 0;
    });
    expectRecords(alma.data, expectedRecordsOf(all));
  }, 240_000);

  test("whose leader stops ends within seconds with the rest not done, and is finished by the next leader", async () => {
    const all = portfolio(22, 60);
    const alma = await startAlma({ size: 0, data: { projects: [{ id: 207, name: "Dubai" }] } });
    const postgres = await startStore(alma);
    const env = { LEADER_WAIT: "3" };
    const leader = await join(alma, postgres.url, env);
    await eventually(() => leads(leader));
    const other = await join(alma, postgres.url, env);
    for (const member of [leader, other]) await eventually(() => ready(member));
    const posts = () => alma.log.entries.filter(({ method }) => method === "POST").length;
    const slow = alma.faults.add({
      kind: "stall",
      ms: 1_500,
      point: "before",
      when: ({ method }) => method === "POST",
    });
    const answer = syncOf(other.address, itemsOf(all, 1));
    await eventually(() => posts() > 0);
    const left = performance.now();
    const closed = leader.close();
    // Other writers wait for the next leader for longer than LEADER_WAIT.
    const others = [leader, other].map(({ query }) => query(createClient));
    const payload = await answer;
    expect(performance.now() - left).toBeGreaterThan(4_000);
    expect(performance.now() - left).toBeLessThan(20_000);
    for (const { errors } of await Promise.all(others)) expect(errors).toBeUndefined();
    const codes = payload?.items.flatMap(({ action, userErrors }) => (action === "FAILED" ? userErrors : []));
    expect(codes?.map(({ code }) => code)).toContain("NOT_DONE");
    expect(payload?.items.some(({ action }) => action === "CREATED")).toBe(true);
    await closed;
    slow.remove();
    await eventually(async () => {
      const next = await syncOf(other.address, itemsOf(all, 2));
      return next && unfinishedOf(next, all).length === 0;
    });
    const clients = alma.data.clients.all().filter(({ external_id }) => external_id === "another");
    expect(clients).toHaveLength(1);
    for (const { id } of clients) alma.data.clients.remove(id);
    expectRecords(alma.data, expectedRecordsOf(all));
  }, 120_000);

  test("whose leader loses the lease before it has written anything is run by the next leader", async () => {
    const all = portfolio(22, 30);
    const alma = await startAlma({ size: 0, data: { projects: [{ id: 207, name: "Dubai" }] } });
    const postgres = await startStore(alma);
    const members = [await join(alma, postgres.url), await join(alma, postgres.url)] as const;
    const syncAll = async (address: string, round: number) =>
      unfinishedOf((await syncOf(address, itemsOf(all, round))) as Payload, all);
    const syncByRoute = async (address: string) => {
      const contacts = itemsOf(all, 3).filter(({ kind }) => kind === "CONTACT");
      const response = await fetch(`${address}/bitrix/sync`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(contacts.slice(0, 1)),
      });
      const { items } = (await response.json()) as Payload;
      return items.filter(({ action }) => action === "FAILED");
    };
    const ways = [
      { isForwarded: false, sync: (address: string) => syncAll(address, 1) },
      { isForwarded: true, sync: (address: string) => syncAll(address, 2) },
      { isForwarded: false, sync: syncByRoute },
    ];
    for (const { isForwarded, sync } of ways) {
      for (const member of members) await eventually(() => ready(member));
      const leader = members.find(leads);
      const asked = members.find((member) => (member === leader) !== isForwarded);
      alma.log.clear();
      alma.faults.add({ kind: "stall", ms: 1_500, point: "before", when: ({ method }) => method === "GET" });
      const unfinished = sync(asked?.address ?? "");
      await eventually(() => alma.log.entries.length > 0);
      await postgres.ask(
        "UPDATE beat SET token = 'another process'; UPDATE lease SET token = 'another process', xid = (pg_current_xact_id()::text::bigint % 4294967296)",
      );
      await eventually(() => leader && !leads(leader));
      alma.faults.clear();
      expect(await unfinished).toEqual([]);
    }
    expectRecords(alma.data, expectedRecordsOf(all));
  }, 120_000);
});
