import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import type { Answer } from "../support/gateway.ts";
import { startWorld } from "./moments.ts";

const codesOf = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions.code);

/** A time after all earlier reads and before all later ones. */
async function now(): Promise<string> {
  await sleep(20);
  const time = new Date().toISOString();
  await sleep(20);
  return time;
}

async function start(env: Record<string, string> = {}) {
  const world = await startWorld(env);
  const gateway = await world.start();
  return { ...world, ...gateway, data: world.simulator.data, log: world.simulator.log };
}

test("a query about the past is answered as of then, by either argument and variables, and not from cached answers", async () => {
  const { query, read, data, log } = await start();
  await read();
  const time = await now();
  const [unit] = data.units.all();
  const text = `{ unit(ref: { almaId: ${unit?.id} }) { address } }`;
  data.units.change(unit?.id ?? 0, { address: "Elsewhere" });
  await read();
  log.clear();
  const before = {
    data: { unit: { address: unit?.address } },
    extensions: { alma: { knownAsOf: time, calls: 0 } },
  };
  for (let times = 0; times < 3; times++) {
    expect((await query(text)).data.unit.address).toBe("Elsewhere");
    expect(await query(`query @asOf(time: "${time}") ${text}`)).toMatchObject(before);
    expect(await query(`query Past($at: DateTime) @asOf(time: $at) ${text}`, { at: time })).toMatchObject(
      before,
    );
  }
  const today = new Date(Date.now() + 4 * 3_600_000).toISOString().slice(0, 10);
  const late = await query(`query @asOf(day: "${today}") ${text}`);
  expect(late.data.unit.address).toBe("Elsewhere");
  expect(
    Date.parse((late.extensions.alma as unknown as { knownAsOf: string }).knownAsOf),
  ).toBeLessThanOrEqual(Date.now());
  expect(log.entries).toEqual([]);
});

test.each([
  ["@asOf", "give either time or day"],
  ['@asOf(day: "2026-01-31", time: "2026-01-31T00:00:00Z")', "give either time or day"],
  ['@asOf(day: "2026-02-30")', "2026-02-30"],
  ['@asOf(time: "2026-01-31")', "a moment with its zone"],
  ['@asOf(day: "2999-01-31")', "2999-01-31 is still to come"],
  ['@asOf(time: "2999-01-31T00:00:00Z")', "is still to come"],
  ['@asOf(day: "2026-01-31") @freshness(maxAge: 0)', "@freshness about now"],
  ['@asOf(day: "2026-01-31") @explain', "@explain about now"],
])("%s is refused in a sentence, before anything is read", async (directive, sentence) => {
  const { query, log } = await start();
  const { errors, data } = await query(`query ${directive} { units { nodes { id } } }`);
  expect(errors?.[0]?.message).toContain(sentence);
  expect(errors?.[0]?.extensions.code).toMatch(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/);
  expect(data?.units ?? null).toBeNull();
  expect(log.entries).toEqual([]);
});

test("mutations, changes and secrets are refused in a view of the past", async () => {
  const { query, read } = await start();
  await read();
  const time = await now();
  const asked = async (text: string) => codesOf(await query(text));
  const at = `@asOf(time: "${time}")`;
  expect(await asked(`mutation ${at} { archiveUnit(ref: { almaId: 1 }) { userErrors { code } } }`)).toEqual([
    "GRAPHQL_VALIDATION_FAILED",
  ]);
  expect(await asked(`query ${at} { changes { nodes { field } } }`)).toEqual(["BAD_USER_INPUT"]);
  expect(await asked(`query ${at} { units { nodes { changeLog { nodes { field } } } } }`)).toContain(
    "BAD_USER_INPUT",
  );
  expect(await asked(`query ${at} { unit(ref: { almaId: 1 }) { keyboxCode } }`)).toEqual(["NOT_KNOWN_THEN"]);
});

test("a query about the past needs the same scopes as one about now", async () => {
  const [reader, personal] = [
    createApiKey("reader", ["read"], null),
    createApiKey("office", ["read", "personal"], null),
  ];
  const { query, data } = await start({
    API_KEYS: JSON.stringify([reader.record, personal.record]),
  });
  const as = ({ key }: typeof reader) => ({ "x-api-key": key });
  await query("query @freshness(maxAge: 0) { clients { nodes { phone } } }", {}, as(personal));
  const time = await now();
  const [client] = data.clients.all();
  const text = `query @asOf(time: "${time}") { client(ref: { almaId: ${client?.id} }) { email } }`;
  expect(codesOf(await query(text, {}, as(reader)))).toEqual(["FORBIDDEN"]);
  expect((await query(text, {}, as(personal))).data.client.email).toBe(client?.email);
});

test("data unknown at that time is an error that says since when it is known", async () => {
  const { query, read, data } = await start();
  const early = await now();
  const lists =
    "{ buildings { nodes { name } } units { nodes { name } } rooms { nodes { name } } clients { nodes { lastName } } ownerContracts { nodes { number } } tenantContracts { nodes { number } } }";
  await query(`query @freshness(maxAge: 0) ${lists}`);
  const listed = await now();
  await read();
  const known = await now();
  const text = "{ units { nodes { name address } } }";
  const first = await query(`query @asOf(time: "${early}") ${text}`);
  const since = first.errors?.[0]?.extensions.since ?? "";
  expect(first.errors).toMatchObject([
    { message: expect.stringContaining(`known since ${since},`), extensions: { code: "NOT_KNOWN_THEN" } },
  ]);
  expect(since > early && since < listed).toBe(true);
  const second = await query(`query @asOf(time: "${listed}") ${text}`);
  expect(second.data.units.nodes.map(({ name }: { name: string }) => name).sort()).toEqual(
    data.units
      .all()
      .map(({ name }) => name)
      .sort(),
  );
  expect(second.data.units.nodes.every(({ address }: { address: null }) => address === null)).toBe(true);
  expect(new Set(codesOf(second))).toEqual(new Set(["NOT_KNOWN_THEN"]));
  // Errors of single records name the time at which each was read.
  for (const { message, extensions } of second.errors ?? []) {
    expect(message).toContain(`known since ${extensions.since},`);
    expect(Date.parse(extensions.since ?? "")).toBeGreaterThan(Date.parse(listed));
  }
  const filtered = await query(
    `query @asOf(time: "${listed}") { units(filter: { status: { eq: "rented" } }) { nodes { id } } }`,
  );
  expect(codesOf(filtered)).toContain("NOT_KNOWN_THEN");
  expect((await query(`query @asOf(time: "${known}") ${text}`)).errors).toBeUndefined();
});

test("records that appeared later are absent, and records deleted since are present", async () => {
  const { query, read, data } = await start();
  await read();
  const time = await now();
  const [room] = data.rooms.all();
  const made = data.rooms.insert({ ...room, id: 7_000, name: "new", external_id: "new" } as never);
  data.rooms.remove(room?.id ?? 0);
  await read();
  await read();
  const text = `{ rooms { totalCount nodes { id } } old: room(ref: { almaId: ${room?.id} }) { name } new: room(ref: { externalId: "new" }) { id }
    node(id: "Room:${made.id}") { id } }`;
  const { data: past, errors } = await query(`query @asOf(time: "${time}") ${text}`);
  expect(errors).toBeUndefined();
  expect(past).toMatchObject({ old: { name: room?.name }, new: null, node: null });
  expect(past.rooms.nodes).toContainEqual({ id: `Room:${room?.id}` });
  const { data: present } = await query(`query @freshness(maxAge: 0) ${text}`);
  expect(present).toMatchObject({ old: null, new: { id: "Room:7000" }, node: { id: "Room:7000" } });
});

test("forgotten data is an error exactly where its kind is shown", async () => {
  const { query, read, gateway } = await start();
  await read();
  const time = await now();
  const at = `query @asOf(time: "${time}")`;
  expect((await query(`${at} { tenantContracts { nodes { client { lastName } } } }`)).errors).toBeUndefined();
  gateway.catalog.changeSource.forget({ client: { seq: 1e9, n: 0, since: Date.now() } });
  const { data: shown, errors } = await query(
    `${at} { tenantContracts { nodes { name client { lastName } } } units { totalCount } clients { totalCount } }`,
  );
  expect(shown).toMatchObject({ units: { totalCount: expect.any(Number) }, clients: null });
  expect(shown.tenantContracts.nodes[0]).toMatchObject({
    name: expect.any(String),
    client: { lastName: null },
  });
  expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["NOT_KNOWN_THEN"]));
  expect(errors?.[0]?.message).toMatch(/client .*known since \d{4}-/);
});

test("data that the gateway has dropped from memory since is shown as it was", async () => {
  const { query, read, data, gateway, simulator } = await start();
  simulator.switches.archivedInLists = false;
  const client = data.clients.insert({
    first_name: "Ada",
    last_name: "Gone",
    status: "active",
    phone: "+1",
    email: "ada@example.com",
  } as never);
  await read();
  const time = await now();
  data.clients.change(client.id, { status: "unconfirmed" });
  await read();
  // It has left the list and is kept until a reading shows the reason.
  await query(`query @freshness(maxAge: 0) { client(ref: { almaId: ${client.id} }) { phone } }`);
  gateway.catalog.store.tables.client.forget(client.id);
  expect(gateway.catalog.store.tables.client.getRemembered(client.id)).toBeUndefined();
  const text = `{ clients(filter: { lastName: { eq: "Gone" } }) { nodes { id status phone } } }`;
  expect((await query(text)).data.clients.nodes).toEqual([]);
  expect((await query(`query @asOf(time: "${time}") ${text}`)).data.clients.nodes).toEqual([
    { id: `Client:${client.id}`, status: "active", phone: "+1" },
  ]);
});
