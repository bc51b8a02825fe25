import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";

const doors = createApiKey("doors", ["read", "secrets", "write"], null);
const units = [1, 2].map((n) => ({
  id: n,
  external_id: `u${n}`,
  name: `U${n}`,
  building: 5,
  keybox_code: `KEYBOX-${n}`,
  internet_password: `NET-${n}`,
}));
const rooms = [{ id: 3, external_id: "r3", name: "R3", parent_unit: 1, electronic_lock_password: "LOCK-3" }];
const data = { buildings: [{ id: 5, name: "B", project: 1 }], units, rooms };

let guarded: TestGateway;
let open: TestGateway;
beforeAll(async () => {
  guarded = await startGateway({ data }, { API_KEYS: JSON.stringify([doors.record]), LOG_LEVEL: "silent" });
  open = await startGateway({ data }, { LOG_LEVEL: "silent" });
});
afterAll(async () => {
  await guarded.close();
  await open.close();
});

const ask = (gateway: TestGateway, query: string, variables?: Record<string, unknown>) =>
  gateway.query(query, variables, { "x-api-key": doors.key });

describe.each(["guarded", "open"])("in a gateway that is %s", (mode) => {
  const gateway = () => (mode === "open" ? open : guarded);

  test.each([
    "{ units { nodes { keyboxCode } } }",
    "{ units(first: 1) { nodes { keyboxCode } } }",
    "{ units(first: 1) { edges { node { internetPassword } } } }",
    '{ units(filter: { name: { eq: "U1" } }) { nodes { internetLogin } } }',
    '{ nodes(ids: ["Unit:1"]) { ... on Unit { keyboxCode } } }',
    '{ nodes(ids: ["Unit:1"]) { ... on RentalObject { electronicLockPassword } } }',
    "{ building(ref: { almaId: 5 }) { units { nodes { keyboxCode } } } }",
    "{ unit(ref: { almaId: 1 }) { rooms { nodes { electronicLockPassword } } } }",
    "{ unit(ref: { almaId: 1 }) { tenantContracts { nodes { rentalObject { keyboxCode } } } } }",
    "{ clients { nodes { tenantContracts { nodes { rentalObject { ... on Unit { internetLogin } } } } } } }",
    "{ a: unit(ref: { almaId: 1 }) { keyboxCode } b: unit(ref: { almaId: 2 }) { keyboxCode } }",
    "{ a: unit(ref: { almaId: 1 }) { keyboxCode } b: unit(ref: { almaId: 1 }) { internetLogin } }",
    "{ unit(ref: { almaId: 1 }) { keyboxCode } room(ref: { almaId: 3 }) { keyboxCode } }",
    "{ room(ref: { almaId: 3 }) { keyboxCode unit { keyboxCode } } }",
    "{ room(ref: { almaId: 3 }) { ...R } } fragment R on Room { keyboxCode unit { ...U } } fragment U on Unit { internetLogin }",
    '{ node(id: "Unit:1") { ... on Unit { keyboxCode } } rentalObject(ref: { almaId: 2 }) { keyboxCode } }',
    "query ($yes: Boolean = true) { units { nodes { keyboxCode @include(if: $yes) } } }",
    "query ($yes: Boolean = false) { units { nodes { ... @skip(if: $yes) { keyboxCode } } } }",
    "{ unit(ref: { almaId: 1 }) { keyboxCode building { units { nodes { rooms { nodes { keyboxCode } } } } } } }",
    `mutation {
      a: updateUnit(ref: { almaId: 1 }, input: { header: "x" }) { unit { keyboxCode } }
      b: updateUnit(ref: { almaId: 2 }, input: { header: "x" }) { unit { keyboxCode } }
    }`,
  ])("%s is refused before it costs a call", async (query) => {
    const answer = await ask(gateway(), query);
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(answer.errors?.[0]?.message).toContain("for one record per operation");
    expect(gateway().asked()).toEqual([]);
  });

  test.each<[string, unknown]>([
    [
      "{ unit(ref: { almaId: 1 }) { keyboxCode internetPassword } }",
      { keyboxCode: "KEYBOX-1", internetPassword: "NET-1" },
    ],
    ["{ unit: rentalObject(ref: { almaId: 3 }) { lock: electronicLockPassword } }", { lock: "LOCK-3" }],
    [
      '{ unit: node(id: "Unit:2") { ... on Unit { ...K } ... on RentalObject { keyboxCode } } } fragment K on Unit { keyboxCode }',
      { keyboxCode: "KEYBOX-2" },
    ],
    [
      "query ($no: Boolean = false) { unit(ref: { almaId: 1 }) { name keyboxCode @include(if: $no) } }",
      { name: "U1" },
    ],
  ])("%s reads the secrets of one record", async (query, unit) => {
    const { data, errors } = await ask(gateway(), query);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ unit });
    gateway().asked();
  });
});

test("a response with secrets is not cacheable", async () => {
  const query = encodeURIComponent(
    "query D @freshness(maxAge: 60) { unit(ref: { almaId: 1 }) { keyboxCode } }",
  );
  const response = await fetch(`${guarded.address}/graphql?query=${query}`, {
    headers: { "x-api-key": doors.key },
  });
  expect(await response.json()).toMatchObject({ data: { unit: { keyboxCode: "KEYBOX-1" } } });
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("etag")).toBeNull();
});
