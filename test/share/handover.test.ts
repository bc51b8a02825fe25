import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/postgres.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import {
  addressOf,
  eventually,
  loseLease,
  ready,
  rename,
  startAlma,
  startMembers,
  startPair,
  startStore,
  type TestMember,
  terms,
  through,
} from "./members.ts";

/** Sends a mutation in two parts; `finish` sends the second one. */
function sendSlowly(address: string, query: string) {
  const body = JSON.stringify({ query });
  const headers = { "content-type": "application/json", "content-length": body.length };
  const sent = request(`${address}/graphql`, { method: "POST", headers, agent: false });
  sent.write(body.slice(0, 10));
  const answer = new Promise<string>((resolve, reject) => {
    sent.once("error", reject).once("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
  });
  return { answer: answer.then((text) => JSON.parse(text)), finish: () => sent.end(body.slice(10)) };
}

/** The value of a metric without labels. */
async function sample(address: string, name: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

describeWithPostgres("a stopping leader", () => {
  test("leaves another process ready at every moment", async () => {
    const alma = await startAlma();
    const { url } = await startStore(alma);
    const { members } = await startMembers(alma, [url, url, url], { LEASE: "4" });
    const [leader, ...others] = members as TestMember[];
    const counts: number[] = [];
    const look = async () => {
      const looks = members.map((member) => ready(member).catch(() => false));
      counts.push((await Promise.all(looks)).filter(Boolean).length);
    };
    let isOver = false;
    const watched = (async () => {
      while (!isOver) await look();
    })();
    await leader?.gateway.drain();
    await leader?.close();
    await eventually(async () => others.some(terms) && (await ready(others[0] as TestMember)));
    isOver = true;
    await watched;
    expect(counts.length).toBeGreaterThan(5);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  }, 60_000);

  test("executes the mutations that it has admitted, however late they arrive", async () => {
    const { id, leader, standby } = await startPair({ LEASE: "4" });
    const { answer, finish } = sendSlowly(leader.address, rename(id, "second"));
    // The two requests in flight are this mutation and the request for metrics itself.
    await eventually(
      async () => (await sample(leader.address, "alma_gateway_http_requests_in_flight")) === 2,
    );
    await sleep(100);
    const closed = leader.close();
    await sleep(600);
    expect(terms(standby)).toBe(0);
    finish();
    expect((await answer).data.updateBuilding.userErrors).toEqual([]);
    await closed;
    expect((await standby.query(addressOf(id))).data.building.address).toBe("second");
  }, 60_000);

  test("does not wait for a body that does not arrive", async () => {
    const { id, leader, standby } = await startPair({ LEADER_WAIT: "1" });
    const { answer, finish } = sendSlowly(leader.address, rename(id, "late"));
    // The two requests in flight are this mutation and the request for metrics itself.
    await eventually(
      async () => (await sample(leader.address, "alma_gateway_http_requests_in_flight")) === 2,
    );
    await sleep(100);
    const closed = leader.close();
    await eventually(async () => (await standby.query(rename(id, "second"))).data?.updateBuilding);
    finish();
    expect((await answer).errors[0].extensions.code).toBe("NO_LEADER");
    await closed;
    expect((await standby.query(addressOf(id))).data.building.address).toBe("second");
  }, 60_000);

  test("finishes and publishes the reads in progress; later requests for them go to the next leader", async () => {
    const { alma, leader, standby } = await startPair({
      LEASE: "8",
      LEADER_WAIT: "30",
      ALMA_TIMEOUT: "20",
    });
    const [one, other] = alma.data.clients.all().map(({ id }) => id);
    const isOf = (id = 0) => `realty/clients/${id}/`;
    const ask = ({ query }: TestMember, id = 0, maxAge = 0) =>
      query(`query @freshness(maxAge: ${maxAge}) { client(ref: { almaId: ${id} }) { phone } }`);
    alma.log.clear();
    alma.faults.add({ kind: "stall", ms: 600, point: "before", when: ({ path }) => path === isOf(one) });
    const begun = ask(leader, one);
    await eventually(() => alma.log.entries.some(({ path }) => path === isOf(one)));
    const closed = leader.close();
    const later = ask(leader, other);
    for (const answer of [await begun, await later]) expect(answer.errors).toBeUndefined();
    await closed;
    expect(terms(standby)).toBe(1);
    expect((await ask(standby, one, 60)).errors).toBeUndefined();
    const clients = alma.log.entries.map(({ path }) => path).filter((path) => path.includes("clients"));
    expect(clients).toEqual([isOf(one), isOf(other)]);
  }, 60_000);
});

describeWithPostgres("a store that does not answer a command", () => {
  test("is answered by the leader again, while its lease is valid", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const proxy = await startTcpProxy(postgres.port);
    const { members, id } = await startMembers(alma, [through(proxy)], { LEASE: "4" });
    const [leader] = members;
    alma.log.clear();
    proxy.cut();
    const answer = leader.query(rename(id, "second", "key"));
    // Longer than a single command may take.
    await sleep(2_200);
    proxy.mend();
    expect((await answer).data?.updateBuilding?.userErrors).toEqual([]);
    expect(alma.log.entries.filter(({ method }) => method === "PATCH")).toHaveLength(1);
  }, 60_000);

  test("for longer: mutations that the leader could not begin are forwarded again, and performed when possible", async () => {
    const { postgres, id, alma, standby } = await startPair({ LEADER_WAIT: "10" });
    alma.log.clear();
    postgres.signal("SIGSTOP");
    const answer = standby.query(rename(id, "second"));
    await sleep(1_700);
    postgres.signal("SIGCONT");
    expect((await answer).data?.updateBuilding?.userErrors).toEqual([]);
    expect(alma.log.entries.filter(({ method }) => method === "PATCH")).toHaveLength(1);
  }, 60_000);
});

describeWithPostgres("a leader that has lost the lease during a write", () => {
  test("says that it was performed, and that its payload was not read afterwards", async () => {
    const { postgres, alma, id, leader, standby } = await startPair({ ALMA_TIMEOUT: "5" });
    const isPatch = ({ method }: { readonly method: string }) => method === "PATCH";
    alma.log.clear();
    alma.faults.add({ kind: "stall", ms: 2_500, point: "after", when: isPatch, times: 1 });
    const answer = leader.query(rename(id, "second"));
    await eventually(() => alma.log.entries.some(isPatch));
    await loseLease(postgres);
    const { data, errors } = await answer;
    expect(data?.updateBuilding).toEqual({ building: { address: null }, userErrors: [] });
    expect(errors).toEqual([
      {
        message:
          "The write was done, but this could not be read afterwards: This process no longer reads Alma: it is stopping, or " +
          "another process leads. Try again in a moment.",
        path: ["updateBuilding", "building", "address"],
        locations: expect.anything(),
        extensions: { code: "ALMA_UNAVAILABLE", retryAfter: 5 },
      },
    ]);
    await eventually(async () => (await standby.query(addressOf(id))).data?.building?.address === "second");
  }, 60_000);
});
