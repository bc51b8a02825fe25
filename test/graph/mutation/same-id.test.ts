import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../../simulator/index.ts";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { household } from "../../simulator/alma.ts";
import { leaseInput, ownerInput, start } from "../start.ts";

/**
 * Bitrix numbers apartments and units separately: unit 3 and room 13 are both "71", and unit 4 represents the Bitrix
 * unit "72".
 */
const data = {
  ...household,
  units: [
    ...household.units,
    { id: 3, name: "103", building: 1001, external_id: "71" },
    { id: 5, name: "105", building: 1001, external_id: "72" },
    {
      id: 4,
      name: "104",
      building: 1001,
      external_id: "u-4",
      additional_external_id: "72",
      is_used_additional_external_id: true,
    },
  ],
};
const withRoom = {
  ...data,
  rooms: [...household.rooms, { id: 13, name: "3", parent_unit: 1, external_id: "71" }],
};
const room = (externalId: string) =>
  `createRoom(input: { externalId: "${externalId}", name: "9", parentUnit: { almaId: 1 }, propertyType: "bunk" }`;

/** An Alma whose lookup of a rental object prefers a unit by its own id: Alma decides which record fits best. */
async function startPreferringUnits(records: object = data, env: Record<string, string> = {}) {
  const gateway = await start({ data: records }, env);
  const prefer = () =>
    gateway.simulator.faults.add({
      kind: "transform",
      when: ({ path }: LogEntry) => path.includes("rental_object/7"),
      change: (_answer, { path }) => {
        const externalId = /rental_object\/(\d+)/.exec(path)?.[1] ?? "";
        const [unit] = gateway.data.units.by("external_id", externalId);
        return {
          id: unit?.id,
          external_id: externalId,
          additional_external_id: "",
          is_used_additional_external_id: false,
          parent_unit: null,
        };
      },
    });
  prefer();
  return gateway;
}

describe.each(["off", "on"])("a room whose Bitrix id a unit has too (catalog %s)", (CATALOG) => {
  test("is created once, and then found", async () => {
    const { mutate, data: alma } = await startPreferringUnits(data, { CATALOG });
    const first = await mutate(`${room("71")})`, "room { almaId }");
    expect(first.userErrors).toEqual([]);
    for (const dryRun of [true, false]) {
      const again = await mutate(`${room("71")}, dryRun: ${dryRun})`, "room { almaId }");
      expect(again.userErrors).toMatchObject([{ code: "ALREADY_EXISTS", field: ["input", "externalId"] }]);
      expect(again.room).toEqual(first.room);
    }
    expect(alma.rooms.by("external_id", "71")).toHaveLength(1);
  });

  test("is created once if it is created many times concurrently, under faults", async () => {
    const { query, data: alma, simulator } = await startPreferringUnits(data, { CATALOG });
    simulator.faults.add({ kind: "lostAnswer", rate: 0.2, when: ({ method }) => method === "POST" });
    simulator.faults.add({ kind: "reset", rate: 0.1 });
    await Promise.all(
      Array.from({ length: 12 }, () => query(`mutation { ${room("71")}) { userErrors { code } } }`)),
    );
    simulator.faults.clear();
    expect(alma.rooms.by("external_id", "71").length).toBeLessThanOrEqual(1);
    await query(`mutation { ${room("71")}) { userErrors { code } } }`);
    expect(alma.rooms.by("external_id", "71")).toHaveLength(1);
  });
});

test.each(["71", "72"])("a unit is created once although a room has its Bitrix id: %s", async (id) => {
  const { mutate, data: alma } = await start({
    data: {
      ...household,
      rooms: [...household.rooms, { id: 13, name: "3", parent_unit: 1, external_id: id }],
    },
  });
  const create = `createUnit(input: { externalId: "${id}", name: "n", building: { almaId: 1001 }, propertyType: "studio" })`;
  expect((await mutate(create, "unit { id }")).userErrors).toEqual([]);
  expect((await mutate(create, "unit { id }")).userErrors).toMatchObject([{ code: "ALREADY_EXISTS" }]);
  expect(alma.units.by("external_id", id)).toHaveLength(1);
});

test("a unit let as a whole is not hidden by a unit that has the Bitrix unit's id as its own", async () => {
  const { mutate, query, sent } = await startPreferringUnits();
  await query("{ units { nodes { additionalExternalId } } }");
  const { userErrors } = await mutate(`${room("72")})`, "__typename");
  expect(userErrors).toMatchObject([{ code: "WHOLE_LET_UNIT", field: ["input", "externalId"] }]);
  expect(sent()).toEqual([]);
});

describe("the rental object of a tenant contract by a Bitrix id that several records answer to", () => {
  const room14 = { id: 14, name: "4", parent_unit: 1, external_id: "72" };
  test.each([
    ["71", withRoom, ['Unit:3 ("103")', 'Room:13 ("3")']],
    ["72", data, ['Unit:4 ("104")', 'Unit:5 ("105")']],
    ["72", { ...data, rooms: [room14] }, ['Unit:4 ("104")', 'Unit:5 ("105")', 'Room:14 ("4")']],
  ])("is refused, naming all of them: %s %#", async (id, records, names) => {
    const { mutate, sent } = await start({ data: records });
    for (const dryRun of [true, false]) {
      const input = leaseInput("t-9", `{ externalId: "${id}" }`);
      const { userErrors } = await mutate(
        `createTenantContract(input: ${input}, dryRun: ${dryRun})`,
        "__typename",
      );
      expect(userErrors).toMatchObject([{ code: "INVALID", field: ["input", "rentalObject"] }]);
      for (const name of names) expect(userErrors[0]?.message).toContain(name);
    }
    expect(sent()).toEqual([]);
  });

  test("is refused whichever of them Alma's lookup prefers", async () => {
    const { refusals } = await startPreferringUnits(withRoom);
    const input = leaseInput("t-9", '{ externalId: "71" }');
    expect(await refusals(`createTenantContract(input: ${input})`)).toEqual([
      ["INVALID", "input.rentalObject"],
    ]);
  });

  test("is refused even if Alma had only one of them a moment ago", async () => {
    const { refusals, query, data: alma } = await start({ data });
    const ref = '(ref: { externalId: "71" })';
    await query(`{ unit${ref} { id } room${ref} { id } rentalObject${ref} { __typename } }`);
    alma.rooms.insert({ id: 13, name: "3", parent_unit: 1, external_id: "71" });
    const input = leaseInput("t-9", '{ externalId: "71" }');
    expect(await refusals(`createTenantContract(input: ${input})`)).toEqual([
      ["INVALID", "input.rentalObject"],
    ]);
  });

  test("is the one that is not archived, if there is one", async () => {
    const rooms = [{ id: 13, name: "3", parent_unit: 1, external_id: "w-2", is_archived: true }];
    const { mutate, data: alma } = await start({ data: { ...household, rooms } });
    const input = leaseInput("t-9", '{ externalId: "w-2" }');
    expect((await mutate(`createTenantContract(input: ${input})`, "__typename")).userErrors).toEqual([]);
    expect(alma.tenantContracts.all()[0]?.unit_id).toBe(2);
  });

  test("is also refused in an update", async () => {
    const lease = { id: 901, unit_id: 11, client_id: 252, external_id: "t-1" };
    const { refusals, sent } = await start({ data: { ...withRoom, tenantContracts: [lease] } });
    const update =
      'updateTenantContract(ref: { almaId: 901 }, input: { rentalObject: { externalId: "71" } })';
    expect(await refusals(update)).toEqual([["INVALID", "input.rentalObject"]]);
    expect(sent()).toEqual([]);
  });

  test("is taken by the record's own id", async () => {
    const { mutate, data: alma } = await start({ data: withRoom });
    const { userErrors } = await mutate(
      `createTenantContract(input: ${leaseInput("t-9", '{ id: "Room:13" }')})`,
      "__typename",
    );
    expect(userErrors).toEqual([]);
    expect(alma.tenantContracts.all()[0]?.unit_id).toBe(13);
  });

  test("names the records only to callers that may read", async () => {
    const { key, record } = createApiKey("forms", ["write"], null);
    const { query } = await start({ data: withRoom }, { API_KEYS: JSON.stringify([record]) });
    const create = `mutation { createTenantContract(input: ${leaseInput("t-9", '{ externalId: "71" }')}) { userErrors { message } } }`;
    const answer = await query(create, {}, { "x-api-key": key });
    const [error] = answer.data.createTenantContract.userErrors;
    expect(error.message).toContain("Unit:3 and Room:13");
    expect(error.message).not.toContain('"103"');
  });
});

describe("the rental object of an owner contract by a Bitrix id", () => {
  test("is the unit with that id, whatever room has it too", async () => {
    const { mutate, query, data: alma } = await start({ data: withRoom });
    const { userErrors } = await mutate(
      `createOwnerContract(input: ${ownerInput("o-9", '{ externalId: "71" }')})`,
      "__typename",
    );
    expect(userErrors).toEqual([]);
    expect(alma.ownerContracts.all()[0]?.unit_id).toBe(3);
    const found =
      '{ ownerContracts(filter: { rentalObject: { externalId: "71" } }) { nodes { externalId } } }';
    expect((await query(found)).data.ownerContracts.nodes).toEqual([{ externalId: "o-9" }]);
  });

  test("is the unit let as a whole that stands for a Bitrix unit, if no unit has the id itself", async () => {
    const { mutate, query, data: alma } = await start();
    const { userErrors } = await mutate(
      `createOwnerContract(input: ${ownerInput("o-9", '{ externalId: "w-2" }')})`,
      "__typename",
    );
    expect(userErrors).toEqual([]);
    expect(alma.ownerContracts.all()[0]?.unit_id).toBe(2);
    const found = '{ ownerContracts(filter: { rentalObject: { externalId: "w-2" } }) { totalCount } }';
    expect((await query(found)).data.ownerContracts.totalCount).toBe(1);
  });

  test("that only a room has is refused", async () => {
    const { refusals } = await start();
    expect(
      await refusals(`createOwnerContract(input: ${ownerInput("o-9", '{ externalId: "r-11" }')})`),
    ).toEqual([["OWNER_CONTRACT_NEEDS_UNIT", "input.rentalObject"]]);
  });
});
