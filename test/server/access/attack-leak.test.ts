import type { GraphQLObjectType } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Attacked, startAttacked } from "./attack-gateway.ts";
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
