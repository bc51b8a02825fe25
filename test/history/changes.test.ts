import { expect, test, vi } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { leaseInput } from "../graph/start.ts";
import { advance } from "../support/clock.ts";
import { day } from "../support/day.ts";
import { has } from "../support/has.ts";
import { page, watch } from "./watch.ts";

test("records a change by another program once two reads show it", async () => {
  const { data, ask, read, changes, asked } = await watch();
  const before = await changes();
  expect(before).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false } });
  data.units.change(1, { address: "First" });
  await read();
  data.units.change(1, { address: "Second" });
  await read();
  data.clients.change(252, { email: "new@example.com" });
  await read();
  asked();
  const { nodes, pageInfo } = await changes();
  expect(nodes.map((change: object) => Object.values(change).slice(0, 8))).toEqual([
    ["CHANGED", "UNIT", "Unit:1", "address", null, "First", false, "SEEN"],
    ["CHANGED", "UNIT", "Unit:1", "address", "First", "Second", false, "SEEN"],
    ["CHANGED", "CLIENT", "Client:252", "email", "omar@example.com", "new@example.com", false, "SEEN"],
  ]);
  expect(await changes(`(after: "${before.pageInfo.endCursor}", kinds: [CLIENT])`)).toMatchObject({
    nodes: [{ recordId: "Client:252" }],
    pageInfo: { endCursor: pageInfo.endCursor },
  });
  expect(await changes(`(after: "${nodes[0].cursor}", first: 1)`)).toMatchObject({
    nodes: [{ after: "Second" }],
    pageInfo: { hasNextPage: true, endCursor: nodes[1].cursor },
  });
  const own = await ask(`{ unit(ref: { almaId: 1 }) { changeLog(fields: ["address"]) ${page} } }`);
  expect(own.data.unit.changeLog.nodes.map(({ after }: { after: string }) => after)).toEqual([
    "Second",
    "First",
  ]);
  const older = `{ unit(ref: { almaId: 1 }) { changeLog(after: "${own.data.unit.changeLog.nodes[0].cursor}") ${page} } }`;
  expect((await ask(older)).data.unit.changeLog.nodes).toMatchObject([{ after: "First" }]);
  expect(asked()).toEqual([]);
  const { record } = (await ask("{ changes { nodes { record { ... on Unit { address } } } } }")).data.changes
    .nodes[0];
  expect(record).toEqual({ address: "Second" });
});

test("a change and its reversal between two readings are not seen, nor is the first reading", async () => {
  const { data, read, changes } = await watch();
  data.units.change(1, { address: "Elsewhere" });
  data.units.change(1, { address: "" });
  await read();
  expect((await changes()).nodes).toEqual([]);
});

test("the interval of a change contains its moment", async () => {
  const { data, ask, read } = await watch();
  const earliest = Date.now();
  data.units.change(1, { address: "First" });
  const latest = Date.now();
  await read();
  const { changes } = (await ask("{ changes { nodes { notBefore notAfter } } }")).data;
  expect(Date.parse(changes.nodes[0].notBefore)).toBeLessThanOrEqual(earliest);
  expect(Date.parse(changes.nodes[0].notAfter)).toBeGreaterThanOrEqual(latest);
});

test("a write through the gateway names its caller, and its effects elsewhere are cascades", async () => {
  const keys = createApiKey("office", ["read", "write", "audit", "personal"], null);
  const as = { "x-api-key": keys.key };
  const { ask, read, changes } = await watch({ API_KEYS: JSON.stringify([keys.record]) }, as);
  await ask(
    `mutation { updateUnit(ref: { almaId: 1 }, input: { address: "New" }) { userErrors { message } } }`,
  );
  await ask(`mutation { createTenantContract(input: ${leaseInput("x-1")}) { userErrors { message } } }`);
  await read();
  await ask("mutation { archiveRoom(ref: { almaId: 12 }) { userErrors { message } } }");
  await read();
  const { nodes } = await changes();
  const of = (recordId: string, field: string | null) =>
    nodes.find(
      (change: { recordId: string; field: string }) => change.recordId === recordId && change.field === field,
    );
  const by = (operation: string) => ({ name: "office", operation, requestId: expect.stringMatching(/./) });
  expect(of("Unit:1", "address")).toMatchObject({ after: "New", origin: "WRITE", by: by("updateUnit") });
  expect(of("Client:252", "status")).toMatchObject({ origin: "CASCADE", by: by("createTenantContract") });
  expect(of("Room:12", "isArchived")).toMatchObject({
    event: "ARCHIVED",
    before: "false",
    after: "true",
    origin: "WRITE",
    by: by("archiveRoom"),
  });
  const made = nodes.find(({ event }: { event: string }) => event === "APPEARED");
  expect(made).toMatchObject({
    kind: "TENANT_CONTRACT",
    field: null,
    origin: "WRITE",
    by: by("createTenantContract"),
  });
});

test("a record missing in Alma has disappeared, one missing only in a list has not", async () => {
  const { data, ask, read, changes } = await watch();
  data.rooms.insert({ ...data.rooms.get(12), id: 40, name: "9", external_id: "r-40" });
  await read();
  data.rooms.change(11, { is_archived: true });
  data.rooms.remove(40);
  await read();
  const events = async () => (await changes("(kinds: [ROOM])")).nodes;
  const askForIt = () => ask(`query @freshness(maxAge: 0) { node(id: "Room:40") { id } }`);
  await askForIt();
  await read();
  // One answer may be wrong, and so may two in a row.
  await askForIt();
  expect((await events()).map(({ event }: { event: string }) => event)).not.toContain("DISAPPEARED");
  advance(11_000);
  await askForIt();
  const { nodes } = await changes("(kinds: [ROOM])");
  expect(nodes.map(({ event, recordId }: Record<string, string>) => [event, recordId])).toEqual(
    expect.arrayContaining([
      ["APPEARED", "Room:40"],
      ["UNLISTED", "Room:40"],
      ["DISAPPEARED", "Room:40"],
      ["ARCHIVED", "Room:11"],
    ]),
  );
  expect(nodes.filter(({ event }: { event: string }) => event === "DISAPPEARED")).toHaveLength(1);
  const gone = "{ changes(kinds: [ROOM]) { nodes { recordId event record { id } } } }";
  const shown = (await ask(gone)).data.changes.nodes;
  expect(shown.find(({ event }: { event: string }) => event === "DISAPPEARED").record).toBeNull();
});

test("a new record appears once, even if it was looked up before a list named it", async () => {
  const { data, ask, read, changes } = await watch();
  await ask('{ node(id: "Room:4000") { id } }');
  data.rooms.insert({ ...data.rooms.get(12), id: 40, name: "9", external_id: "r-40" });
  expect((await ask('{ room(ref: { externalId: "r-40" }) { id } }')).data.room).toEqual({ id: "Room:40" });
  for (let time = 0; time < 2; time++) await read();
  const { nodes } = await changes("(kinds: [ROOM])");
  expect(nodes).toMatchObject([{ event: "APPEARED", recordId: "Room:40", origin: "SEEN" }]);
});

test("a link is compared by the id of its target", async () => {
  const { data, read, changes } = await watch();
  data.buildings.insert({ ...data.buildings.get(1001), id: 1002, name: "Palm", external_id: "b-2" });
  data.buildings.change(1001, { name: "Renamed" });
  await read();
  data.units.change(1, { building: 1002 });
  await read();
  const { nodes } = await changes("(kinds: [UNIT, ROOM])");
  expect(nodes.filter(({ field }: { field: string }) => field === "building")).toMatchObject(
    nodes.map(() => ({ field: "building", before: "1001", after: "1002" })),
  );
  expect(nodes.length).toBeGreaterThan(0);
});

test("guarded values need their scope, secrets are never shown, authors need AUDIT", async () => {
  const all = createApiKey("all", ["read", "write", "audit", "personal", "secrets"], null);
  const reader = createApiKey("reader", ["read"], null);
  const keys = JSON.stringify([all.record, reader.record]);
  const { ask, read, data } = await watch({ API_KEYS: keys }, { "x-api-key": all.key });
  data.clients.change(252, { email: "hidden@example.com" });
  data.units.change(1, { keybox_code: "4711-secret" });
  await read();
  const query = "{ changes { nodes { field before after isWithheld } } }";
  const values = (answer: Awaited<ReturnType<typeof ask>>, field: string) =>
    answer.data.changes.nodes.find((change: { field: string }) => change.field === field);
  const mine = await ask(query);
  expect(values(mine, "email")).toMatchObject({ after: "hidden@example.com", isWithheld: false });
  const withheld = { before: null, after: null, isWithheld: true };
  expect(values(mine, "keyboxCode")).toMatchObject(withheld);
  const theirs = await ask(query, undefined, { "x-api-key": reader.key });
  expect(values(theirs, "email")).toMatchObject(withheld);
  expect(values(theirs, "keyboxCode")).toMatchObject(withheld);
  expect(JSON.stringify([mine, theirs])).not.toContain("4711-secret");
  const audited = await ask("{ changes { nodes { by { name } } } }", undefined, { "x-api-key": reader.key });
  expect(audited.errors?.[0]?.extensions).toMatchObject({ code: "FORBIDDEN", missing: ["AUDIT"] });
});

test("refuses an expired cursor, one of another process, and an invalid one", async () => {
  const { data, ask, read, changes } = await watch({ HISTORY_MEMORY: "2000" });
  const { endCursor } = (await changes()).pageInfo;
  const { knownSince } = await changes();
  for (const address of ["a", "b", "c", "d", "e", "f", "g", "h"]) {
    data.units.change(1, { address });
    await read();
  }
  const { nodes, ...kept } = await changes();
  expect(nodes.length).toBeGreaterThan(2);
  expect(nodes.length).toBeLessThan(8);
  expect(nodes.at(-1)).toMatchObject({ after: "h" });
  expect(Date.parse(kept.knownSince)).toBeGreaterThan(Date.parse(knownSince));
  const other = Buffer.from("change another 1 0").toString("base64url");
  for (const cursor of [endCursor, other])
    for (const query of [
      `{ changes(after: "${cursor}") { nodes { field } } }`,
      `{ unit(ref: { almaId: 1 }) { changeLog(after: "${cursor}") { nodes { field } } } }`,
    ]) {
      const [error] = (await ask(query)).errors ?? [];
      expect(error?.extensions.code, query).toBe("CURSOR_EXPIRED");
      expect(error?.message).toContain("start again");
    }
  const wrong = async (args: string) =>
    (await ask(`{ changes(${args}) { nodes { field } } }`)).errors?.[0]?.extensions;
  expect(await wrong('after: "nonsense"')).toMatchObject({ code: "BAD_USER_INPUT", argument: "after" });
  expect(await wrong("first: -1")).toMatchObject({ code: "BAD_USER_INPUT", argument: "first" });
  const unknown = `{ unit(ref: { almaId: 1 }) { changeLog(fields: ["nmae"]) { nodes { field } } } }`;
  expect((await ask(unknown)).errors?.[0]?.extensions).toMatchObject({ argument: "fields" });
});

test("an answer with changes is not reused once something new was recorded", async () => {
  const { data, ask, read } = await watch({ CATALOG: "on" });
  const query = "{ changes { nodes { after } } }";
  await ask(query);
  expect((await ask(query)).extensions.alma.kept).toBe(true);
  data.units.change(1, { address: day(1) });
  await read();
  const answer = await ask(query);
  expect(answer.extensions.alma.kept).toBeUndefined();
  expect(answer.data.changes.nodes).toEqual([{ after: day(1) }]);
});

test("changes cost nothing in an explanation, and are a table like other lists", async () => {
  const { data, ask, read, address } = await watch();
  data.units.change(1, { address: "First" });
  await read();
  const explained = await ask("query @explain { changes { nodes { field } } }");
  expect(explained.errors).toBeUndefined();
  expect(explained.extensions.explain).toMatchObject({ calls: [] });
  if (!has("reports")) return;
  const query = "{ changes { nodes { recordId field after } } }";
  const table = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/csv" },
    body: JSON.stringify({ query }),
  });
  expect(await table.text()).toContain("Unit:1,address,First");
});

test("a write that Alma refuses records nothing", async () => {
  const { simulator, ask, read, changes } = await watch();
  const refusal = simulator.faults.add({
    kind: "status",
    status: 400,
    when: ({ method }) => method !== "GET",
  });
  for (const field of [
    `updateUnit(ref: { almaId: 1 }, input: { address: "Refused" })`,
    "archiveRoom(ref: { almaId: 12 })",
    `createTenantContract(input: ${leaseInput("x-1")})`,
  ]) {
    const { data } = await ask(`mutation { done: ${field} { userErrors { code } } }`);
    expect(data.done.userErrors).not.toEqual([]);
  }
  expect(refusal.hits).toBe(3);
  simulator.faults.clear();
  await read();
  expect((await changes()).nodes).toEqual([]);
});

test.each(["lostAnswer", "late"] as const)(
  "a write of unknown outcome (%s) is recorded with its author",
  async (kind) => {
    const { simulator, ask, read, changes } = await watch({ ALMA_TIMEOUT: "2" });
    simulator.faults.add({ kind, ms: 200, times: 1, when: ({ method }) => method === "PATCH" });
    await ask(
      `mutation { updateUnit(ref: { almaId: 1 }, input: { address: "New" }) { userErrors { code } } }`,
    );
    await vi.waitFor(async () => {
      await read();
      expect((await changes()).nodes).toMatchObject([
        { field: "address", after: "New", origin: "WRITE", by: { name: "anyone", operation: "updateUnit" } },
      ]);
    });
  },
);

test.each(["lostAnswer", "late", "cut"] as const)(
  "a record whose create has an unknown outcome (%s) has appeared, once",
  async (kind) => {
    const { simulator, ask, read, changes } = await watch({ ALMA_TIMEOUT: "2" });
    simulator.faults.add({ kind, ms: 200, times: 1, when: ({ method }) => method === "POST" });
    const input = `{ externalId: "901", firstName: "A", lastName: "B", email: "901@example.com" }`;
    const { data } = await ask(
      `mutation { createClient(input: ${input}) { client { id } userErrors { code } } }`,
    );
    expect(data.createClient.userErrors).toEqual([]);
    await read();
    const appeared = (await changes()).nodes.filter(({ event }: { event: string }) => event === "APPEARED");
    expect(appeared).toMatchObject([
      { recordId: data.createClient.client.id, origin: "WRITE", by: { operation: "createClient" } },
    ]);
  },
);
