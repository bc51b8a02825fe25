import { describe, expect, test } from "vitest";
import {
  bodyDigest,
  createPeerSignature,
  refusalHeader,
  ticketHeader,
} from "../../../src/server/peer/ticket.ts";
import { startRelay } from "../../support/relay.ts";
import { keyEnv, keys } from "../access/scoped-graph.ts";
import { testConfig } from "../http/small-graph.ts";
import { peerSecret, sendRaw } from "./gateways.ts";
import { startServers, type TestServer } from "./servers.ts";

const body = '{"query":"{ who }"}';
const json = { "content-type": "application/json" };
const ticket = {
  term: "term 1",
  forwardingId: "f-1",
  ip: "10.1.2.3",
  protocol: "http",
  host: "127.0.0.1",
  mayWrite: false,
  digest: bodyDigest(Buffer.from(body)),
};
const line = { method: "POST", url: "/graphql", headers: {} };

/** A request's headers with a ticket that is valid for the request, apart from the given differences. */
const ticketed = (
  other: { readonly secret?: string; readonly line?: object; readonly ticket?: object } = {},
) => ({
  ...json,
  [ticketHeader]: createPeerSignature(other.secret ?? peerSecret).signTicket(
    { ...line, ...other.line },
    { ...ticket, ...other.ticket },
  ),
});

describe("the listener for peers", () => {
  const own = ticketed()[ticketHeader] ?? "";
  test.each<[string, Record<string, string>]>([
    ["without a ticket", {}],
    ["with one that was signed with another secret", ticketed({ secret: "x".repeat(32) })],
    ["with one for another path", ticketed({ line: { url: "/files" } })],
    ["with one for another method", ticketed({ line: { method: "GET" } })],
    ["with one for another key", ticketed({ line: { headers: { "x-api-key": "k" } } })],
    ["with one for another token", ticketed({ line: { headers: { authorization: "Bearer k" } } })],
    ["with a changed one", { [ticketHeader]: own.replace(/^./, "A") }],
    ["with half of one", { [ticketHeader]: own.split(".")[0] ?? "" }],
    ["with an empty one", { [ticketHeader]: "" }],
    ["with the secret itself", { [ticketHeader]: peerSecret }],
  ])("tells a request %s nothing", async (_, headers) => {
    const { servers } = await startServers(1);
    const [leader] = servers as [TestServer];
    for (const path of ["/graphql", "/health/live", "/nothing"]) {
      const answer = await sendRaw(leader.relay.url, { path, headers: { ...json, ...headers }, body });
      expect(answer).toMatchObject({ status: 403, body: Buffer.alloc(0) });
      expect(
        answer.headers.filter((text) => !/^(connection|transfer-encoding|content-length):/.test(text)),
      ).toEqual([]);
    }
    expect(leader.executed).toEqual([]);
  });

  test("answers a request with a ticket once, and signs the answer", async () => {
    const { servers } = await startServers(1);
    const [leader] = servers as [TestServer];
    const headers = ticketed();
    const answer = await sendRaw(leader.relay.url, { headers, body });
    expect(answer.body.toString()).toContain('"who":"0"');
    const signature = createPeerSignature(peerSecret).signAnswer(ticket, 200).toLowerCase();
    expect(answer.headers).toContain(`${ticketHeader}: ${signature}`);
    const again = await sendRaw(leader.relay.url, { headers, body });
    expect([again.status, leader.executed]).toEqual([403, ["who"]]);
  });

  test("answers it once even if tickets of other terms come in between", async () => {
    const { servers } = await startServers(1);
    const [leader] = servers as [TestServer];
    const headers = ticketed();
    await sendRaw(leader.relay.url, { headers, body });
    for (const term of ["term 0", "term 2", ""]) {
      await sendRaw(leader.relay.url, { headers: ticketed({ ticket: { term } }), body });
      expect((await sendRaw(leader.relay.url, { headers, body })).status).toBe(403);
    }
    expect(leader.executed).toEqual(["who"]);
  });

  test.each<[string, object]>([
    ["of another term", { term: "term 0" }],
    ["for another body", { digest: bodyDigest(Buffer.from('{"query":"{ held }"}')) }],
    ["for no body", { digest: undefined }],
  ])("begins nothing of a request with a ticket %s, and says so", async (_, other) => {
    const { servers } = await startServers(1);
    const [leader] = servers as [TestServer];
    const answer = await sendRaw(leader.relay.url, { headers: ticketed({ ticket: other }), body });
    const signature = createPeerSignature(peerSecret).signAnswer(ticket, 503, "unbegun").toLowerCase();
    expect(answer.headers).toEqual(
      expect.arrayContaining([`${ticketHeader}: ${signature}`, `${refusalHeader}: unbegun`]),
    );
    expect([answer.status, answer.body.length, leader.executed]).toEqual([503, 0, []]);
  });

  test("is the only one that accepts tickets", async () => {
    const { cluster, servers } = await startServers(2, { LEADER_WAIT: "0.1" });
    const [leader, asked] = servers as [TestServer, TestServer];
    const answer = await sendRaw(asked.url, { headers: ticketed(), body });
    expect(answer.body.toString()).toContain('"who":"0"');
    expect(leader.executed).toEqual(["who"]);
    cluster.lead(undefined);
    const unanswered = await sendRaw(asked.url, {
      headers: ticketed(),
      body,
    });
    expect(unanswered.status).toBe(503);
  });

  test("refuses requests that it would forward, so that no request is forwarded in circles", async () => {
    const { cluster, servers } = await startServers(2, { LEADER_WAIT: "0.3" });
    const [one, other] = servers as [TestServer, TestServer];
    // Each considers the other the leader.
    const members = servers.map((_, index) => cluster.members[index]);
    for (const [index, member] of members.entries())
      Object.assign(member?.leadership ?? {}, {
        hasLease: () => false,
        beginsMutations: () => false,
        leader: () => ({ address: members[1 - index]?.address ?? "", term: "1", isWarm: true }),
      });
    for (const text of ["{ who }", "mutation { rename }"]) {
      const answer = await one.query(text);
      expect([answer.status, answer.body.errors?.[0]?.extensions.code]).toEqual([503, "NO_LEADER"]);
    }
    expect([one.executed, other.executed]).toEqual([[], []]);
  });

  test("checks the caller's key again, and counts a wrong one against the caller's address", async () => {
    const { servers } = await startServers(2, { TRUST_PROXY: "on" }, (index) =>
      index === 0 ? { API_KEYS: JSON.stringify([keys.all.record]) } : keyEnv,
    );
    const [, asked] = servers as [TestServer, TestServer];
    const statusOf = async (address: string) => {
      const headers = { ...json, "x-api-key": keys.read.key, "x-forwarded-for": address };
      return (await asked.query("{ who }", { headers })).status;
    };
    for (let n = 0; n < 20; n++) expect(await statusOf("203.0.113.9")).toBe(401);
    expect(await statusOf("203.0.113.9")).toBe(429);
    expect(await statusOf("203.0.113.10")).toBe(401);
  });
});

test("a forwarded request keeps the host that its process got from a trusted proxy", async () => {
  const { servers } = await startServers(2, { ALLOWED_HOSTS: "gateway.example" }, (index) => ({
    TRUST_PROXY: index === 0 ? "" : "on",
  }));
  const [leader, asked] = servers as [TestServer, TestServer];
  const headers = { ...json, host: "upstream", "x-forwarded-host": "gateway.example" };
  const answer = await sendRaw(asked.url, { headers, body });
  expect([answer.status, leader.executed]).toEqual([200, ["who"]]);
  // A caller of the leader is no trusted proxy.
  expect((await sendRaw(leader.url, { headers, body })).status).toBe(403);
});

test("a process with another PEER_SECRET forwards nothing, and logs why", async () => {
  const { cluster, servers } = await startServers(2, { LEADER_WAIT: "0.2" });
  const [leader, asked] = servers as [TestServer, TestServer];
  const foreign = await startRelay(() => leader.relay.url);
  const [member] = cluster.members;
  Object.defineProperty(member, "address", {
    value: createPeerSignature("y".repeat(32)).signAddress(foreign.url),
  });
  cluster.lead(0);
  expect((await asked.query("{ who }")).status).toBe(503);
  expect(foreign.connections).toBe(0);
  expect(asked.lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining("another PEER_SECRET"));
  await foreign.cut();
});

test("PEER_SECRET is never printed, and has at least 32 characters", () => {
  expect(() => testConfig({ PEER_SECRET: "too short" })).toThrow(
    "PEER_SECRET has an invalid value: it must have 32 characters or more.",
  );
});
