import { describe, expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { leaseInput, start } from "../start.ts";

/** Every whitespace character that Python's `str.strip` removes. */
const BLANKS =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

const creates: readonly [table: "units" | "rooms" | "clients" | "buildings", mutation: string][] = [
  [
    "units",
    'createUnit(input: { externalId: $id, name: $name, building: { almaId: 1001 }, propertyType: "studio" })',
  ],
  [
    "rooms",
    'createRoom(input: { externalId: $id, name: $name, parentUnit: { almaId: 1 }, propertyType: "bunk" })',
  ],
  ["clients", 'createClient(input: { externalId: $id, firstName: $name, lastName: "B", email: $name })'],
  ["buildings", "createBuilding(input: { externalId: $id, name: $name })"],
];

describe.each(creates)("blanks around the Bitrix id of new %s", (table, mutation) => {
  const document = `mutation($id: String!, $name: String!) { write: ${mutation} { userErrors { code field } } }`;

  test.each(["off", "on"])("make no second record (catalog %s)", async (CATALOG) => {
    const { query, data } = await start({}, { CATALOG });
    const ids = ["new-1", ...[...BLANKS].flatMap((blank) => [`${blank}new-1`, `new-1${blank}${blank}`])];
    for (const [index, id] of ids.entries()) {
      const { userErrors } = (await query(document, { id, name: `n${index}@example.com` })).data.write;
      expect([id, userErrors[0]?.code]).toEqual([id, index === 0 ? undefined : "ALREADY_EXISTS"]);
    }
    expect(data[table].all().filter((row) => row.external_id?.includes("new-1"))).toHaveLength(1);
    expect(data[table].all().filter((row) => row.external_id === "new-1")).toHaveLength(1);
  });

  test("make no second record under faults, with any number of concurrent creates", async () => {
    const { query, data, simulator } = await start();
    simulator.faults.add({ kind: "lostAnswer", rate: 0.2, when: ({ method }) => method === "POST" });
    simulator.faults.add({ kind: "status", status: 503, rate: 0.1 });
    const ids = ["new-1", " new-1", "new-1\u00a0", "\u2003new-1\t", "new-1\x85", "\x1cnew-1"];
    await Promise.all(
      [...ids, ...ids].map((id, index) => query(document, { id, name: `n${index}@example.com` })),
    );
    simulator.faults.clear();
    await query(document, { id: " new-1 ", name: "last@example.com" });
    expect(data[table].all().filter((row) => row.external_id?.includes("new-1"))).toHaveLength(1);
  });

  test("alone are an empty id; characters that only JavaScript treats as blanks are kept", async () => {
    const { query, sent } = await start();
    const empty = await query(document, { id: BLANKS, name: "n@example.com" });
    expect(empty.data.write.userErrors).toEqual([{ code: "INVALID", field: ["input", "externalId"] }]);
    const control = await query(document, { id: " a\x1fb ", name: "n@example.com" });
    expect(control.data.write.userErrors).toEqual([{ code: "INVALID", field: ["input", "externalId"] }]);
    expect(sent()).toEqual([]);
    await query(document, { id: "\ufeffnew-2", name: "n@example.com" });
    expect(sent()).toMatchObject([[expect.stringMatching(/^POST/), { external_id: "\ufeffnew-2" }]]);
  });
});

test("one idempotency key takes the same write whatever blanks are around its ids", async () => {
  const { mutate, sent } = await start();
  const lease = (blank: string) =>
    `createTenantContract(input: ${leaseInput(`t-9${blank}`, `{ externalId: "${blank}r-11" }`)}, idempotencyKey: "k")`;
  const first = await mutate(lease(""), "tenantContract { id }");
  const second = await mutate(lease("\\u00a0"), "tenantContract { id }");
  expect(second).toEqual(first);
  expect(sent()).toHaveLength(1);
});

test("an additional id of blanks only counts as missing", async () => {
  const { mutate, sent } = await start();
  await mutate('updateUnit(ref: { almaId: 1 }, input: { additionalExternalId: " \\u00a0" })', "__typename");
  await mutate('updateUnit(ref: { almaId: 1 }, input: { additionalExternalId: " 77 " })', "__typename");
  expect(sent()).toEqual([
    ["PATCH realty/units/1/", { additional_external_id: "" }],
    ["PATCH realty/units/1/", { additional_external_id: "77" }],
  ]);
});

/** An Alma that keeps ids as another system wrote them, and finds a record only by the exact id. */
const untidy = {
  ...household,
  buildings: [{ id: 1001, name: "Marina Tower", project: 207, external_id: " b-1 " }],
  units: [
    { id: 1, name: "101", building: 1001, external_id: "u-1\u00a0" },
    {
      id: 2,
      name: "102",
      building: 1001,
      external_id: "u-2",
      additional_external_id: " w-2",
      is_used_additional_external_id: true,
    },
  ],
  rooms: [{ id: 11, name: "1", parent_unit: 1, external_id: "\tr-11" }],
  clients: [{ id: 252, first_name: "Omar", email: "omar@example.com", external_id: "c-252 " }],
};

describe.each(["off", "on"])("a record that Alma keeps with blanks around its id (catalog %s)", (CATALOG) => {
  test("is found by the id without them, by ref and by filter", async () => {
    const { query } = await start({ data: untidy }, { CATALOG });
    const named = await query(`{
      unit(ref: { externalId: " u-1" }) { almaId externalId } room(ref: { externalId: "r-11" }) { almaId }
      client(ref: { externalId: "c-252" }) { almaId } rentalObject(ref: { externalId: "r-11" }) { almaId }
      missing: unit(ref: { externalId: "u-3" }) { almaId }
    }`);
    expect(named.errors).toBeUndefined();
    expect(named.data).toEqual({
      unit: { almaId: 1, externalId: "u-1\u00a0" },
      room: { almaId: 11 },
      client: { almaId: 252 },
      rentalObject: { almaId: 11 },
      missing: null,
    });
    const filtered = await query(
      `query($id: String!) {
        eq: units(filter: { externalId: { eq: $id } }) { nodes { almaId } }
        in: units(filter: { externalId: { in: ["x", $id] } }) { nodes { almaId } }
        ne: units(filter: { externalId: { ne: $id } }) { nodes { almaId } }
        startsWith: rooms(filter: { externalId: { startsWith: "r-1" } }) { nodes { almaId } }
        ref: rooms(filter: { unit: { externalId: $id } }) { nodes { almaId } }
      }`,
      { id: "\u2003u-1" },
    );
    expect(filtered.data).toEqual({
      eq: { nodes: [{ almaId: 1 }] },
      in: { nodes: [{ almaId: 1 }] },
      ne: { nodes: [{ almaId: 2 }] },
      startsWith: { nodes: [{ almaId: 11 }] },
      ref: { nodes: [{ almaId: 11 }] },
    });
  });

  test("is read by its Alma id, and never by the id without blanks", async () => {
    const { query, asked } = await start({ data: untidy }, { CATALOG });
    await query('{ room(ref: { externalId: "r-11" }) { number } }');
    expect(asked().filter((call) => !call.endsWith("/rooms/"))).toEqual([
      "GET realty/rooms/external_id/r-11/",
      "GET realty/rooms/11/",
    ]);
  });

  test("is not created a second time", async () => {
    const { refusals, sent } = await start({ data: untidy }, { CATALOG });
    const unit = (id: string) =>
      `createUnit(input: { externalId: "${id}", name: "n", building: { almaId: 1001 }, propertyType: "studio" })`;
    const room =
      'createRoom(input: { externalId: "r-11", name: "n", parentUnit: { almaId: 1 }, propertyType: "bunk" })';
    const client =
      'createClient(input: { externalId: "c-252", firstName: "A", lastName: "B", email: "a@b.de" })';
    for (const create of [unit("u-1"), unit(" u-1"), room, client])
      expect(await refusals(create)).toEqual([["ALREADY_EXISTS", "input.externalId"]]);
    expect(sent()).toEqual([]);
  });

  test("is what a write and its refs name", async () => {
    const { mutate, sent } = await start({ data: untidy }, { CATALOG });
    await mutate('updateUnit(ref: { externalId: "u-1" }, input: { address: "Pier 7" })', "__typename");
    const { userErrors } = await mutate(`createTenantContract(input: ${leaseInput("t-9")})`, "__typename");
    expect(userErrors).toEqual([]);
    expect(sent()).toMatchObject([
      ["PATCH realty/units/1/", {}],
      ["POST realty/contracts/tenant_contracts/", { unit_id: 11, client_id: 252 }],
    ]);
  });
});

test("a record whose id has changed since it was listed is not mistaken for the requested one", async () => {
  const { query, data, refusals } = await start({ data: untidy }, { CATALOG: "on" });
  data.rooms.change(11, { external_id: "r-99" });
  expect((await query('{ room(ref: { externalId: "r-11" }) { almaId } }')).data.room).toBeNull();
  const create =
    'createRoom(input: { externalId: "r-11", name: "n", parentUnit: { almaId: 1 }, propertyType: "bunk" })';
  expect(await refusals(create)).toEqual([]);
});

test("an id that Alma does not find costs one list, and then none", async () => {
  const { query, asked } = await start();
  const miss = (id: string) => query(`{ room(ref: { externalId: "${id}" }) { id } }`);
  await miss("x-1");
  expect(asked()).toEqual(["GET realty/rooms/external_id/x-1/", "GET realty/rooms/"]);
  await miss("x-2");
  expect(asked()).toEqual(["GET realty/rooms/external_id/x-2/"]);
});
