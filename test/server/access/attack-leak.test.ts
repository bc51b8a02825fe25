import type { GraphQLObjectType } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { has } from "../../support/has.ts";
import { type Attacked, fault, startAttacked } from "./attack-gateway.ts";
import { objects, readable, schema } from "./attack-query.ts";

let gateway: Attacked;
beforeAll(async () => {
  gateway = await startAttacked();
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.asked();
});

test("without further scopes, READ shows no personal data and no secret", async () => {
  const { clients, units, rooms } = gateway.simulator.data;
  const private_ = [
    ...clients.all().flatMap((each) => [each.email, each.phone, each.passport]),
    ...[...units.all(), ...rooms.all()].flatMap((each) => [each.electronic_lock_password]),
    ...units.all().flatMap((each) => [each.internet_password]),
  ].filter((value) => typeof value === "string" && value.length >= 6) as string[];
  expect(private_.length).toBeGreaterThan(100);
  for (const type of objects.filter(({ name }) => name.endsWith("Connection"))) {
    const root = `${type.name[0]?.toLowerCase()}${type.name.slice(1).replace("Connection", "")}s`;
    const node = schema.getType(type.name.replace("Connection", "")) as GraphQLObjectType;
    const { status, body } = await gateway.send({
      query: `{ ${root} { edges { cursor node { ${readable(node)} } } } }`,
    });
    expect(status, root).toBe(200);
    expect(body.data[root].edges.length, root).toBeGreaterThan(5);
    const text =
      JSON.stringify(body) +
      body.data[root].edges.map((edge: { cursor: string }) => Buffer.from(edge.cursor, "base64")).join();
    expect(
      private_.filter((value) => text.includes(value)),
      root,
    ).toEqual([]);
  }
});

if (has("history"))
  test("without further scopes, history shows no personal value and no secret, before or after, nor who wrote", async () => {
    const { simulator, send } = gateway;
    const { clients, units } = simulator.data;
    const [client, unit] = [clients.all()[0], units.all()[0]];
    if (!client || !unit) throw new Error("The portfolio is empty.");
    const refs = { client: { almaId: client.id }, unit: { almaId: unit.id } };
    const log = "changeLog { nodes { event field before after isWithheld recordId } }";
    const query = `query ($client: Ref!, $unit: Ref!) @freshness(maxAge: 0) {
    client(ref: $client) { lastName phone: firstName ${log} } unit(ref: $unit) { header ${log} } }`;
    const look = async (text = query) => (await send({ query: text, variables: refs })).body;
    await look(
      "query ($client: Ref!, $unit: Ref!) { client(ref: $client) { country { value } } unit(ref: $unit) { floor } }",
    );
    const values = [
      "leak-1@example.com",
      "+971500000001",
      "leak-code-1",
      "leak-2@example.com",
      "leak-code-2",
    ];
    clients.change(client.id, { email: values[0], phone: values[1], country: 1 } as never);
    units.change(unit.id, { keybox_code: values[2], internet_password: values[2], floor: "7" } as never);
    const fresh = `query ($client: Ref!, $unit: Ref!) @freshness(maxAge: 0) {
    client(ref: $client) { country { value } } unit(ref: $unit) { floor } }`;
    await look(fresh);
    clients.change(client.id, { email: values[3] } as never);
    units.change(unit.id, { keybox_code: values[4] } as never);
    await look(fresh);
    const own = await look();
    const all = (
      await send({ query: "{ changes { nodes { event field before after isWithheld recordId cursor } } }" })
    ).body;
    const shown = [
      ...own.data.client.changeLog.nodes,
      ...own.data.unit.changeLog.nodes,
      ...all.data.changes.nodes,
    ];
    for (const field of ["email", "phone", "keyboxCode", "internetPassword"]) {
      const changes = shown.filter((change) => change.field === field);
      expect(changes.length, field).toBeGreaterThan(1);
      for (const change of changes)
        expect(change, field).toMatchObject({ before: null, after: null, isWithheld: true });
    }
    expect(shown).toContainEqual(expect.objectContaining({ field: "floor", after: "7", isWithheld: false }));
    const text =
      JSON.stringify([own, all]) +
      all.data.changes.nodes.map(({ cursor }: { cursor: string }) => Buffer.from(cursor, "base64")).join();
    expect([...values, client.passport].filter((value) => value && text.includes(String(value)))).toEqual([]);
    for (const by of [
      "{ changes { nodes { by { name } } } }",
      "{ changes { nodes { ...F } } } fragment F on Change { who: by { requestId } }",
      `{ node(id: "Unit:${unit.id}") { ... on Unit { changeLog { nodes { by { operation } } } } } }`,
      `{ node(id: "Unit:${unit.id}") { ... on RentalObject { changeLog { nodes { by @skip(if: false) { name } } } } } }`,
    ])
      expect(fault(await send({ query: by }), "AUDIT"), by).toBeUndefined();
  });

describe("ids and headers cannot reach other paths of Alma", () => {
  test.each([
    "../clients/1",
    "..",
    "a/../../clients",
    "..\\clients",
    "%2e%2e/clients",
    "x\r\nhost: evil",
    "x\0",
    "?a=b#c",
    "",
    " ",
  ])("externalId %j", async (externalId) => {
    const { status, body } = await gateway.send({
      query: "query ($e: String) { unit(ref: { externalId: $e }) { name } }",
      variables: { e: externalId },
    });
    expect(status).toBeLessThan(500);
    expect(body.data?.unit ?? null).toBeNull();
    for (const line of gateway.asked()) expect(line).toMatch(/^GET realty\/units\/(external_id\/.*)?$/);
  });

  test.each(["Client:1/../../x", "Unit:1 ", "unit:1", "Unit:0x1", "Unit:1e3", "Unit:-1", "__proto__:1"])(
    "id %j",
    async (id) => {
      const { body } = await gateway.send({
        query: "query ($i: ID!) { node(id: $i) { id } }",
        variables: { i: id },
      });
      expect(body.data?.node ?? null).toBeNull();
      expect(gateway.asked()).toEqual([]);
    },
  );

  test("a forged X-Forwarded-For does not evade the limit on wrong keys", async () => {
    const guesses = Array.from({ length: 40 }, (_, n) =>
      fetch(gateway.url, {
        method: "POST",
        headers: { "x-api-key": "guess", "x-forwarded-for": `10.0.0.${n}` },
      }),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses).toContain(429);
    expect((await gateway.send({ query: "{ __typename }" })).status).toBe(200);
  });
});
