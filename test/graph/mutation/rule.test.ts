import { describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { clientInput, leaseInput, ownerInput, roomInput, start, unitInput } from "../start.ts";

const withPhotos = {
  ...household,
  units: household.units.map((unit) => ({
    ...unit,
    photos: [
      { id: 7001, url: "/media/1.jpg" },
      { id: 7002, url: "/media/2.jpg" },
    ],
  })),
};

test("a new date of a contract is not checked against an outdated cached date", async () => {
  const { mutate, query, data } = await start();
  const lease = { id: 900, external_id: "t-900", unit_id: 11, client_id: 251 };
  data.tenantContracts.insert({ ...lease, start_date: day(30), end_date: day(60) });
  await query("{ tenantContract(ref: { almaId: 900 }) { startDate } }");
  data.tenantContracts.change(900, { start_date: day(10) });
  const answer = await mutate(
    `updateTenantContract(ref: { almaId: 900 }, input: { endDate: "${day(20)}" })`,
    "tenantContract { startDate endDate }",
  );
  const tenantContract = { startDate: day(10), endDate: day(20) };
  expect(answer).toMatchObject({ userErrors: [], tenantContract });
});

test("dates that overlap already are predicted to be refused only if they change", async () => {
  const { mutate, data } = await start();
  for (const id of [900, 901])
    data.tenantContracts.insert({
      id,
      external_id: `t-${id}`,
      unit_id: 11,
      client_id: 251,
      start_date: day(30),
      end_date: day(60),
    });
  const update = (dates: string, more: string) =>
    mutate(
      `updateTenantContract(ref: { almaId: 900 }, input: { price: "7.00", ${dates} }${more})`,
      "__typename",
    );
  const own = `startDate: "${day(30)}", endDate: "${day(60)}"`;
  expect((await update(own, ", dryRun: true")).userErrors).toEqual([]);
  expect((await update(own, "")).userErrors).toEqual([]);
  const later = `startDate: "${day(30)}", endDate: "${day(61)}"`;
  for (const more of [", dryRun: true", ""])
    expect((await update(later, more)).userErrors).toMatchObject([{ code: "OVERLAP" }]);
});

describe("a rename is sent with the required parent", () => {
  test.each([
    ["updateUnit(ref: { almaId: 1 }, ", "realty/units/1/", { building: 1001 }],
    ["updateRoom(ref: { almaId: 11 }, ", "realty/rooms/11/", { parent_unit: 1 }],
    ["updateBuilding(ref: { almaId: 1001 }, ", "realty/buildings/1001/", { project: 207 }],
  ])("%s", async (mutation, path, parent) => {
    const { mutate, sent } = await start();
    expect((await mutate(`${mutation} input: { name: "New" })`, "__typename")).userErrors).toEqual([]);
    expect(sent()).toEqual([[`PATCH ${path}`, { name: "New", ...parent }]]);
  });

  test.each(["{ almaId: 11 }", '{ externalId: "r-11" }'])(
    "with the current parent, so that a move by another system is not undone: %s",
    async (ref) => {
      const { mutate, query, sent, data } = await start();
      await query(`{ room(ref: ${ref}) { unit { name } } }`);
      data.units.insert({ id: 3, name: "103", building: 1001, external_id: "u-3" });
      data.rooms.change(11, { parent_unit: 3 });
      await mutate(`updateRoom(ref: ${ref}, input: { name: "New" })`, "__typename");
      expect(sent()).toMatchObject([[expect.stringMatching(/^PATCH/), { name: "New", parent_unit: 3 }]]);
    },
  );

  test("and an error about that parent is reported at the name", async () => {
    const { refusals, data } = await start();
    data.units.insert({ id: 3, name: "103", building: 7, external_id: "u-3" });
    expect(await refusals('updateUnit(ref: { almaId: 3 }, input: { name: "1" })')).toEqual([
      ["REQUIRED", "input.building"],
    ]);
  });
});

describe("photos are added to and removed from the complete set that Alma requires", () => {
  test("one photo is replaced, the other kept", async () => {
    const { mutate, sent } = await start({ data: withPhotos });
    const { unit } = await mutate(
      "updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9147], remove: [7001] } })",
      "unit { photos { almaId url } }",
    );
    expect(sent()).toEqual([
      ["PATCH realty/units/1/", { photos: [{ id: 7002 }, { external_file_id: 9147 }] }],
    ]);
    expect(unit).toEqual({
      photos: [
        { almaId: 7002, url: expect.stringMatching(/^(http:\/\/127\.0\.0\.1:\d+)?\/media\/2\.jpg$/) },
        {
          almaId: 4501,
          url: expect.stringMatching(/^(http:\/\/127\.0\.0\.1:\d+)?\/media\/127\/photos\/4501\/two\.jpg$/),
        },
      ],
    });
  });

  test("the set is read just before the write, even if the cache is fresh", async () => {
    const { mutate, query, sent, data } = await start({ data: withPhotos });
    await query("{ unit(ref: { almaId: 1 }) { photos { almaId } } }");
    data.units.change(1, { photos: [{ id: 4600, url: "/media/other.jpg" }] });
    await mutate("updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9147] } })", "__typename");
    expect(sent()).toEqual([
      ["PATCH realty/units/1/", { photos: [{ id: 4600 }, { external_file_id: 9147 }] }],
    ]);
  });

  test("removing a photo that the record does not have is refused, and nothing is sent", async () => {
    const { refusals, sent } = await start({ data: withPhotos });
    const input = "{ photos: { remove: [7002, 5, 7001] } }";
    expect(await refusals(`updateUnit(ref: { almaId: 1 }, input: ${input})`)).toEqual([
      ["NOT_FOUND", "input.photos.remove.1"],
    ]);
    expect(sent()).toEqual([]);
  });

  test("a change is refused if Alma does not show the ids of the photos, since it would delete them all", async () => {
    const { mutate, sent } = await start({ data: withPhotos, switches: { photoForm: "strings" } });
    const { userErrors } = await mutate(
      "updateRoom(ref: { almaId: 11 }, input: { photos: { add: [9146] } })",
      "__typename",
    );
    expect(userErrors).toEqual([]);
    sent();
    const refused = await mutate(
      "updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146] } })",
      "__typename",
    );
    expect(refused.userErrors).toMatchObject([{ code: "REJECTED", field: ["input", "photos"] }]);
    expect(sent()).toEqual([]);
  });

  test("an explicit null removes all photos", async () => {
    const { mutate, sent } = await start({ data: withPhotos });
    await mutate("updateUnit(ref: { almaId: 1 }, input: { photos: null })", "__typename");
    expect(sent()).toEqual([["PATCH realty/units/1/", { photos: [] }]]);
  });

  test("two simultaneous changes do not undo each other", async () => {
    const { mutate, query } = await start({ data: withPhotos, latency: 20 });
    await Promise.all([
      mutate("updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146] } })", "__typename"),
      mutate('updateUnit(ref: { externalId: "u-1" }, input: { photos: { add: [9147] } })', "__typename"),
    ]);
    const { data } = await query("{ unit(ref: { almaId: 1 }) { photos { almaId } } }");
    expect(data.unit.photos).toHaveLength(4);
  });
});

describe("a room is refused for the Bitrix unit of an apartment let as a whole", () => {
  test.each([
    'createRoom(input: { externalId: "r-20", name: "3", parentUnit: { almaId: 1 }, propertyType: "room" })',
    'createRoom(input: { externalId: "r-20", name: "3", parentUnit: { externalId: "u-1" }, propertyType: "room" })',
    "updateRoom(ref: { almaId: 11 }, input: { parentUnit: { almaId: 1 } })",
  ])("by how the apartment is let now, even if the cache is fresh: %s", async (mutation) => {
    const { refusals, query, sent, data } = await start();
    await query(
      '{ a: unit(ref: { almaId: 1 }) { address } b: unit(ref: { externalId: "u-1" }) { address } }',
    );
    data.units.change(1, { is_used_additional_external_id: true, additional_external_id: "w-1" });
    expect(await refusals(mutation)).toEqual([["WHOLE_LET_UNIT", "input.parentUnit"]]);
    expect(sent()).toEqual([]);
  });

  test("in a dry run by the cached unit, if it is fresh", async () => {
    const { refusals, query, asked } = await start();
    await query("{ unit(ref: { almaId: 2 }) { address } }");
    asked();
    const room = '{ externalId: "r-20", name: "3", parentUnit: { almaId: 2 }, propertyType: "room" }';
    expect(await refusals(`createRoom(input: ${room}, dryRun: true)`)).toEqual([
      ["WHOLE_LET_UNIT", "input.parentUnit"],
    ]);
    expect(asked()).toEqual([]);
  });

  test("at its parentUnit, with advice", async () => {
    const { mutate, sent } = await start();
    const input =
      '{ externalId: "r-20", name: "1", parentUnit: { externalId: "u-2" }, propertyType: "room" }';
    const { userErrors } = await mutate(`createRoom(input: ${input})`, "room { id }");
    expect(userErrors).toMatchObject([{ code: "WHOLE_LET_UNIT", field: ["input", "parentUnit"] }]);
    expect(userErrors[0]?.message).toMatch(/Unit:2 is let as a whole.*additionalExternalId.*rentalObject/s);
    expect(sent()).toEqual([]);
  });

  test("at its externalId if it stays with another unit; after clearing it there, the room is created", async () => {
    const { mutate, sent } = await start();
    const input = '{ externalId: "w-2", name: "1", parentUnit: { almaId: 1 }, propertyType: "room" }';
    const { userErrors } = await mutate(`createRoom(input: ${input})`, "__typename");
    expect(userErrors).toMatchObject([{ code: "WHOLE_LET_UNIT", field: ["input", "externalId"] }]);
    expect(userErrors[0]?.message).toMatch(/of Unit:2, .* clear it there first .*additionalExternalId: null/);
    expect(userErrors[0]?.message).not.toContain("Instead of creating");
    expect(sent()).toEqual([]);
    await mutate("updateUnit(ref: { almaId: 2 }, input: { additionalExternalId: null })", "__typename");
    expect(
      (await mutate(`createRoom(input: ${input.replace('"1"', '"3"')})`, "__typename")).userErrors,
    ).toEqual([]);
  });

  test("also if a room is moved into the apartment", async () => {
    const { refusals, sent } = await start();
    expect(await refusals("updateRoom(ref: { almaId: 11 }, input: { parentUnit: { almaId: 2 } })")).toEqual([
      ["WHOLE_LET_UNIT", "input.parentUnit"],
    ]);
    expect(sent()).toEqual([]);
  });

  test("and rentalObject finds the apartment by the additional external id instead", async () => {
    const { mutate, sent } = await start();
    await mutate(
      'updateUnit(ref: { externalId: "u-1" }, input: { additionalExternalId: "w-1", isUsedAdditionalExternalId: true })',
      "__typename",
    );
    sent();
    const { tenantContract } = await mutate(
      `createTenantContract(input: ${leaseInput("t-1", '{ externalId: "w-1" }')})`,
      "tenantContract { rentalObject { id } }",
    );
    expect(tenantContract).toBeNull();
    const input = leaseInput("t-1", '{ externalId: "w-2" }');
    const made = await mutate(
      `createTenantContract(input: ${input})`,
      "tenantContract { rentalObject { id } }",
    );
    expect(made.tenantContract).toEqual({ rentalObject: { id: "Unit:2" } });
  });
});

describe("owner contracts are made on units only", () => {
  test.each(['{ id: "Room:11" }', "{ almaId: 11 }", '{ externalId: "r-11" }'])(
    "not on the room %s",
    async (object) => {
      const { refusals, sent } = await start();
      expect(await refusals(`createOwnerContract(input: ${ownerInput("o-1", object)})`)).toEqual([
        ["OWNER_CONTRACT_NEEDS_UNIT", "input.rentalObject"],
      ]);
      expect(sent()).toEqual([]);
    },
  );

  test.each(['{ id: "Unit:1" }', "{ almaId: 1 }", '{ externalId: "u-1" }'])(
    "on the unit %s",
    async (object) => {
      const { mutate } = await start();
      const { ownerContract } = await mutate(
        `createOwnerContract(input: ${ownerInput("o-1", object)})`,
        "ownerContract { rentalObject { id } client { id } state }",
      );
      expect(ownerContract).toEqual({
        rentalObject: { id: "Unit:1" },
        client: { id: "Client:251" },
        state: "ACTIVE",
      });
    },
  );
});

describe("contracts", () => {
  const archived = {
    ...household,
    tenantContracts: [
      { id: 901, unit_id: 11, client_id: 252, external_id: "t-901", is_archived: true },
      { id: 902, unit_id: 12, client_id: 252, start_date: day(-5), end_date: day(5), external_id: "t-902" },
    ],
  };

  test("their client cannot be changed: the input has no such field, and says why", async () => {
    const { query } = await start({ data: archived });
    const answer = await query(
      "mutation { updateTenantContract(ref: { almaId: 902 }, input: { client: { almaId: 251 } }) { __typename } }",
    );
    expect(answer.errors?.[0]?.message).toContain(
      '"client" is not defined by type "UpdateTenantContractInput"',
    );
    const { data } = await query('{ __type(name: "UpdateTenantContractInput") { description } }');
    expect(data.__type.description.replaceAll("\n", " ")).toContain(
      "Alma cannot change the client of a contract",
    );
  });

  test("Alma refuses changes to those of an archived usage that cannot be read before", async () => {
    const { refusals, sent, simulator } = await start({ data: archived });
    simulator.faults.add({ kind: "status", status: 500, when: ({ method }) => method === "GET" });
    expect(await refusals('updateTenantContract(ref: { almaId: 901 }, input: { history: "x" })')).toEqual([
      ["ARCHIVED", null],
    ]);
    expect(sent()).toHaveLength(1);
  });

  test("if the usage is known to be archived, nothing is sent", async () => {
    const { refusals, sent } = await start({ data: archived });
    expect(await refusals('updateTenantContract(ref: { almaId: 901 }, input: { history: "x" })')).toEqual([
      ["ARCHIVED", "ref"],
    ]);
    expect(sent()).toEqual([]);
  });

  test("their dates are days, and their price is exact", async () => {
    const { mutate, sent } = await start();
    const { tenantContract } = await mutate(
      `createTenantContract(input: ${leaseInput("t-1", "{ almaId: 11 }", "2030-01-31", "2030-02-01")})`,
      "tenantContract { startDate endDate price }",
    );
    expect(tenantContract).toEqual({ startDate: "2030-01-31", endDate: "2030-02-01", price: "5250.50" });
    expect(sent()[0]?.[1]).toMatchObject({
      start_date: "2030-01-31T00:00:00",
      end_date: "2030-02-01T00:00:00",
      price: "5250.50",
    });
  });

  test("the first one changes the status of its client", async () => {
    const { mutate, query } = await start();
    const { client } = await mutate(`createClient(input: ${clientInput})`, "client { id status }");
    expect(client).toMatchObject({ status: "unconfirmed" });
    await mutate(
      `createTenantContract(input: ${leaseInput("t-1").replace("c-252", "c-9")})`,
      "tenantContract { client { status } }",
    );
    const { data } = await query('{ client(ref: { externalId: "c-9" }) { status } }');
    expect(data.client.status).toBe("active");
  });

  test("none can be made on a blocked rental object, nor on a room of a blocked unit", async () => {
    const { mutate, refusals } = await start();
    await mutate("blockUnit(ref: { almaId: 1 })", "__typename");
    for (const object of ["{ almaId: 1 }", "{ almaId: 11 }"])
      expect(await refusals(`createTenantContract(input: ${leaseInput("t-1", object)})`)).toEqual([
        ["BLOCKED", null],
      ]);
    expect(await refusals(`createOwnerContract(input: ${ownerInput("o-1")})`)).toEqual([["BLOCKED", null]]);
  });

  test("an overlap names the conflicting contracts", async () => {
    const { mutate } = await start({ data: archived });
    const { userErrors } = await mutate(
      `createTenantContract(input: ${leaseInput("t-3", "{ almaId: 12 }", day(5), day(50))})`,
      "tenantContract { id }",
    );
    expect(userErrors).toMatchObject([{ code: "OVERLAP" }]);
    expect(userErrors[0]?.message).toContain(`In the way: TenantContract:902 (${day(-5)} to ${day(5)})`);
  });

  test("a change of dates that overlaps names them too, without the contract itself", async () => {
    const { mutate } = await start({ data: archived });
    await mutate(
      `createTenantContract(input: ${leaseInput("t-3", "{ almaId: 12 }", day(6), day(50))})`,
      "__typename",
    );
    const { userErrors } = await mutate(
      `updateTenantContract(ref: { externalId: "t-3" }, input: { startDate: "${day(0)}" })`,
      "__typename",
    );
    expect(userErrors).toMatchObject([{ code: "OVERLAP" }]);
    expect(userErrors[0]?.message).toMatch(/In the way: TenantContract:902 \([^)]*\)\.$/);
  });
});

describe("a name that is taken", () => {
  const names = [
    ['createBuilding(input: { name: "Marina Tower", externalId: "b-9" }', "Building:1001"],
    [`createUnit(input: ${unitInput.replace('"109"', '"101"')}`, "Unit:1"],
    ['updateUnit(ref: { almaId: 2 }, input: { name: "101" }', "Unit:1"],
  ] as const;

  test.each(names)("is seen by a dry run: %s", async (field, owner) => {
    const { mutate, sent } = await start();
    const { userErrors } = await mutate(`${field}, dryRun: true)`, "__typename");
    const code = field.startsWith("createBuilding") ? "ALREADY_EXISTS" : "NOT_UNIQUE";
    expect(userErrors).toMatchObject([{ code, field: ["input", "name"] }]);
    expect(userErrors[0]?.message).toContain(owner);
    expect(sent()).toEqual([]);
  });

  test.each(names.slice(1))(
    "is an error at the name, with the conflicting record: %s",
    async (field, owner) => {
      const { mutate } = await start();
      const { userErrors } = await mutate(`${field})`, "__typename");
      expect(userErrors).toMatchObject([{ code: "NOT_UNIQUE", field: ["input", "name"] }]);
      expect(userErrors[0]?.message).toContain(`In the way: ${owner}.`);
    },
  );

  test("is not an obstacle in another building, nor is the record's own, nor that of a room", async () => {
    const buildings = [...household.buildings, { id: 1002, name: "Old Tower", project: 207 }];
    const { refusals } = await start({ data: { ...household, buildings } });
    const elsewhere = unitInput.replace('"109"', '"101"').replace("1001", "1002");
    expect(await refusals(`createUnit(input: ${elsewhere}, dryRun: true)`)).toEqual([]);
    expect(await refusals('updateUnit(ref: { almaId: 1 }, input: { name: "101" }, dryRun: true)')).toEqual(
      [],
    );
    const room = roomInput.replace('"3"', '"2"');
    expect(await refusals(`createRoom(input: ${room}, dryRun: true)`)).toEqual([]);
  });
});

test("a caller without the scope READ does not learn from a refusal which record conflicts", async () => {
  const { key, record } = createApiKey("writer", ["write"], null);
  const data = {
    ...household,
    tenantContracts: [{ id: 901, unit_id: 11, client_id: 252, start_date: day(-5), end_date: day(5) }],
  };
  const { query } = await start({ data }, { API_KEYS: JSON.stringify([record]) });
  const refused = [
    ['updateUnit(ref: { almaId: 2 }, input: { name: "101" })', "NOT_UNIQUE"],
    [`createTenantContract(input: ${leaseInput("t-9")})`, "OVERLAP"],
    ["blockRoom(ref: { almaId: 11 })", "OCCUPIED"],
  ];
  for (const [field, code] of refused) {
    const document = `mutation { write: ${field} { userErrors { code message } } }`;
    const answer = await query(document, {}, { "x-api-key": key });
    expect(answer.data.write.userErrors).toMatchObject([{ code }]);
    expect(JSON.stringify(answer)).not.toMatch(/Unit:1\b|TenantContract:901|In the way/);
  }
});

describe("clients", () => {
  test("start unconfirmed, with country 4", async () => {
    const { mutate, sent } = await start();
    const { client } = await mutate(
      `createClient(input: ${clientInput})`,
      "client { status country { value } }",
    );
    expect(client).toEqual({ status: "unconfirmed", country: { value: "4" } });
    expect(sent()[0]).toMatchObject(["POST users/clients/", { country: 4 }]);
  });

  test("a scan once attached cannot be removed, and the input says so", async () => {
    const { mutate, sent } = await start();
    const { userErrors } = await mutate(
      'updateClient(ref: { almaId: 251 }, input: { passportScan: null, phone: "+1" })',
      "__typename",
    );
    expect(userErrors).toMatchObject([{ code: "INVALID", field: ["input", "passportScan"] }]);
    expect(userErrors[0]?.message).toContain("cannot clear");
    expect(sent()).toEqual([]);
  });

  const taken = clientInput.replace("lea@example.com", "Omar@Example.com");
  const named = { code: "NOT_UNIQUE", field: ["input", "email"] };

  test.each([
    `createClient(input: ${taken})`,
    'updateClient(ref: { almaId: 251 }, input: { email: "Omar@Example.com" })',
  ])(
    "an e-mail address that is taken is an error at its field that names the client: %s",
    async (mutation) => {
      const { mutate } = await start();
      const { userErrors } = await mutate(mutation, "__typename");
      expect(userErrors).toMatchObject([named]);
      expect(userErrors[0]?.message).toMatch(/In the way: Client:252\.$/);
      expect(userErrors[0]?.message).not.toMatch(/omar/i);
    },
  );

  test("the error is at that field even if Alma's refusal does not name it", async () => {
    const { mutate } = await start({ switches: { errorForm: "text" } });
    const { userErrors } = await mutate(`createClient(input: ${taken})`, "__typename");
    expect(userErrors).toMatchObject([named]);
    expect(userErrors[0]?.message).toContain("In the way: Client:252.");
  });

  /** Confirms the path variant first: a 404 on an unconfirmed variant causes a list call. */
  const startProven = async () => {
    const gateway = await start();
    await gateway.query('{ client(ref: { externalId: "c-252" }) { id } }');
    gateway.asked();
    return gateway;
  };

  test.each([
    [`createClient(input: ${taken}, dryRun: true)`, ["GET realty/clients/external_id/c-9/"]],
    [
      'updateClient(ref: { almaId: 251 }, input: { email: "Omar@Example.com" }, dryRun: true)',
      ["GET realty/clients/251/"],
    ],
  ])("a dry run finds a taken e-mail address, at one more list call: %s", async (mutation, before) => {
    const { mutate, asked } = await startProven();
    const { userErrors } = await mutate(mutation, "__typename");
    expect(userErrors).toMatchObject([named]);
    expect(userErrors[0]?.message).toMatch(/^Client:252 has this/);
    expect(userErrors[0]?.message).not.toMatch(/omar/i);
    expect(asked()).toEqual([...before, "GET realty/clients/"]);
  });

  test("a dry run accepts the client's own e-mail address, in any case", async () => {
    const { refusals } = await start();
    const input = '{ email: "OMAR@example.com" }';
    expect(await refusals(`updateClient(ref: { almaId: 252 }, input: ${input}, dryRun: true)`)).toEqual([]);
    expect(await refusals(`createClient(input: ${clientInput}, dryRun: true)`)).toEqual([]);
  });

  test("a blank required text is reported with all other faults", async () => {
    const { refusals, asked } = await start();
    const blank = clientInput.replace("lea@example.com", " ").replace('"Lea"', '""');
    expect(await refusals(`createClient(input: ${blank.replace("}", ", passportScan: 0 }")})`)).toEqual([
      ["REQUIRED", "input.firstName"],
      ["REQUIRED", "input.email"],
      ["INVALID", "input.passportScan"],
    ]);
    expect(await refusals('updateUnit(ref: { almaId: 1 }, input: { name: " " })')).toEqual([
      ["REQUIRED", "input.name"],
    ]);
    expect(asked().filter((call) => !call.startsWith("GET"))).toEqual([]);
  });

  test("the other client is not named to a caller that may not search by e-mail", async () => {
    const { key, record } = createApiKey("forms", ["read", "write"], null);
    const { query } = await start({}, { API_KEYS: JSON.stringify([record]) });
    const mutation = `mutation { createClient(input: ${taken}) { userErrors { code field message } } }`;
    const { userErrors } = (await query(mutation, {}, { "x-api-key": key })).data.createClient;
    expect(userErrors).toMatchObject([named]);
    expect(userErrors[0].message).not.toContain("Client:");
  });

  test("dry runs in one request read the list once", async () => {
    const { query, asked } = await startProven();
    await query(`mutation {
      a: createClient(input: ${clientInput}, dryRun: true) { userErrors { code } }
      b: createClient(input: ${clientInput.replace("c-9", "c-10")}, dryRun: true) { userErrors { code } }
    }`);
    expect(asked().filter((call) => call === "GET realty/clients/")).toHaveLength(1);
  });
});

describe("defaults", () => {
  test("a building's project is the configured one", async () => {
    const { mutate, sent, data } = await start({}, { ALMA_PROJECT_ID: "240" });
    data.projects.insert({ id: 240, name: "Development" });
    const { building } = await mutate(
      'createBuilding(input: { name: "Palm" })',
      "building { project { almaId } }",
    );
    expect(building).toEqual({ project: { almaId: 240 } });
    expect(sent()).toEqual([["POST realty/buildings/", { name: "Palm", project: 240 }]]);
  });

  test("a header is the name, parking not_applicable, everything else empty", async () => {
    const { mutate, sent } = await start();
    await mutate(`createUnit(input: ${unitInput})`, "__typename");
    expect(sent()[0]?.[1]).toMatchObject({
      header: "109",
      parking: "not_applicable",
      photos: [],
      floor: null,
    });
  });
});

describe("blocking", () => {
  const leased = {
    ...household,
    tenantContracts: [
      {
        id: 901,
        unit_id: 11,
        client_id: 252,
        start_date: day(10),
        end_date: day(40),
        external_id: "t-901",
        price: "5250.00",
      },
    ],
  };

  test("is refused for a planned contract on a room, and names it", async () => {
    const { mutate } = await start({ data: leased });
    const { userErrors, note, impact } = await mutate(
      "blockUnit(ref: { almaId: 1 })",
      "note impact { obstacles { id price ... on Contract { startDate } } rooms { id } }",
    );
    expect(userErrors).toMatchObject([{ code: "OCCUPIED", field: ["ref"] }]);
    expect(userErrors[0]?.message).toContain(`TenantContract:901 (${day(10)} to ${day(40)})`);
    expect(note).toBeNull();
    const obstacle = { id: "TenantContract:901", price: "5250.00", startDate: day(10) };
    expect(impact).toMatchObject({ obstacles: [obstacle] });
  });

  test("is explained even if Alma answers only false", async () => {
    const { mutate } = await start({ data: leased, switches: { refusedState: "false" } });
    const { userErrors } = await mutate("blockUnit(ref: { almaId: 1 })", "__typename");
    expect(userErrors).toMatchObject([{ code: "OCCUPIED" }]);
    expect(userErrors[0]?.message).toContain("TenantContract:901");
  });

  test("does not claim a new status", async () => {
    const { mutate } = await start();
    const { unit, note } = await mutate("blockUnit(ref: { almaId: 1 })", "unit { status } note");
    expect(unit).toEqual({ status: "available" });
    expect(note).toMatch(/updates `status` later, on its own schedule/);
  });

  test("a block that ends on a date stays after an unblock, whose payload says so", async () => {
    const blocks = [{ unit_id: 11, start_date: day(-3), end_date: day(5) }];
    const { mutate, refusals } = await start({ data: { ...household, blocks } });
    const { userErrors, note } = await mutate("unblockRoom(ref: { almaId: 11 })", "note");
    expect([userErrors, note]).toEqual([
      [],
      expect.stringMatching(/a block that ends on a date stays until then/),
    ]);
    expect(await refusals(`createTenantContract(input: ${leaseInput("t-9")})`)).toEqual([["BLOCKED", null]]);
  });
});

describe("archiving", () => {
  const leased = {
    ...household,
    tenantContracts: [
      { id: 901, unit_id: 11, client_id: 252, start_date: day(-10), end_date: day(40), external_id: "t-901" },
    ],
  };
  const impact =
    "impact { isReversible irreversible contracts { id startDate client { firstName } } clientsLosingAccess { id } rooms { id } }";

  test("shows its impact: rooms, contracts with client and dates, clients who lose access", async () => {
    const { mutate, sent } = await start({ data: leased });
    const dry = await mutate(
      "archiveUnit(ref: { almaId: 1 }, dryRun: true)",
      `unit { isArchived } ${impact}`,
    );
    expect(sent()).toEqual([]);
    const done = await mutate("archiveUnit(ref: { almaId: 1 })", `unit { isArchived } ${impact}`);
    expect(dry).toEqual({ ...done, unit: { isArchived: false } });
    expect(done).toMatchObject({
      unit: { isArchived: true },
      impact: {
        isReversible: false,
        contracts: [{ id: "TenantContract:901", startDate: day(-10), client: { firstName: "Omar" } }],
        clientsLosingAccess: [{ id: "Client:252" }],
        rooms: [{ id: "Room:12" }, { id: "Room:11" }],
      },
    });
    expect(sent()).toEqual([["PATCH realty/units/1/archive/", { is_archived: true }]]);
  });

  test("does not unarchive contracts with their unit", async () => {
    const { mutate, query } = await start({ data: leased });
    await mutate("archiveUnit(ref: { almaId: 1 })", "__typename");
    const { unit } = await mutate(
      "unarchiveUnit(ref: { almaId: 1 })",
      "unit { isArchived rooms { nodes { isArchived } } }",
    );
    expect(unit).toEqual({
      isArchived: false,
      rooms: { nodes: [{ isArchived: false }, { isArchived: false }] },
    });
    const { data } = await query("{ tenantContract(ref: { almaId: 901 }) { isArchived state } }");
    expect(data.tenantContract).toEqual({ isArchived: true, state: "ARCHIVED" });
  });
});

test("a room needs its unit, its name and its kind", async () => {
  const { mutate, sent } = await start();
  const { room } = await mutate(
    `createRoom(input: ${roomInput})`,
    "room { name unit { id } building { id } }",
  );
  expect(room).toEqual({ name: "3", unit: { id: "Unit:1" }, building: { id: "Building:1001" } });
  expect(sent()).toHaveLength(1);
});
