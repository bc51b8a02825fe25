import { describe, expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { start } from "../start.ts";

const lease = { unit_id: 11, client_id: 252, start_date: day(-10), end_date: day(100) };
const data = {
  ...household,
  buildings: [...household.buildings, { id: 1002, name: "Palm", project: 207, external_id: "b-2" }],
  units: [...household.units, { id: 3, name: "103", building: 1001, external_id: "u-3", is_archived: true }],
  rooms: [...household.rooms, { id: 13, name: "3", parent_unit: 1, external_id: "r-13", is_archived: true }],
  ownerContracts: [
    { id: 501, unit_id: 1, client_id: 251, external_id: "o-1" },
    { id: 502, unit_id: 2, client_id: 251, external_id: "o-2" },
  ],
  tenantContracts: [
    { id: 901, ...lease, external_id: "t-1" },
    { id: 902, ...lease, unit_id: 12, external_id: "t-2" },
  ],
};

const taken = [
  ["updateUnit", 1, "u-2", "Unit:2"],
  ["updateUnit", 1, "u-3", "Unit:3, which is archived,"],
  ["updateUnit", 1, "\u00a0u-2 ", "Unit:2"],
  ["updateRoom", 11, "r-12", "Room:12"],
  ["updateRoom", 11, "r-13", "Room:13, which is archived,"],
  ["updateBuilding", 1001, "b-2", "Building:1002"],
  ["updateClient", 251, "c-252", "Client:252"],
  ["updateOwnerContract", 501, "o-2", "OwnerContract:502"],
  ["updateTenantContract", 901, "t-2", "TenantContract:902"],
] as const;

describe.each([
  ["off", true],
  ["on", true],
  ["on", false],
] as const)(
  "an update to a Bitrix id that another of its kind has (catalog %s, archived listed: %s)",
  (CATALOG, archivedInLists) => {
    test.each(taken)("is refused, naming the record: %s %s to %j", async (mutation, almaId, id, owner) => {
      const { mutate, sent } = await start({ data, switches: { archivedInLists } }, { CATALOG });
      for (const dryRun of [true, false]) {
        const { userErrors } = await mutate(
          `${mutation}(ref: { almaId: ${almaId} }, input: { externalId: $id }, dryRun: ${dryRun})`,
          "__typename",
          { id },
          "($id: String!)",
        );
        expect(userErrors).toMatchObject([{ code: "NOT_UNIQUE", field: ["input", "externalId"] }]);
        expect(userErrors[0]?.message).toContain(`${owner} already has this externalId`);
      }
      expect(sent()).toEqual([]);
    });
  },
);

describe("an update of a Bitrix id", () => {
  test("to a free one, its own, or one of another kind succeeds", async () => {
    const { mutate, sent } = await start({ data });
    for (const id of ["u-9", "u-9", " u-9", "r-11", "c-251"]) {
      const update = `updateUnit(ref: { almaId: 1 }, input: { externalId: "${id}" })`;
      expect((await mutate(update, "__typename")).userErrors).toEqual([]);
    }
    expect(sent()).toHaveLength(5);
  });

  test("that a record already shares with another is not a change, unless only the blanks differ", async () => {
    const units = [...household.units, { id: 3, name: "103", building: 1001, external_id: "u-1 " }];
    const { refusals } = await start({ data: { ...household, units } });
    const update = (almaId: number) =>
      `updateUnit(ref: { almaId: ${almaId} }, input: { externalId: "u-1", address: "x" })`;
    expect(await refusals(update(1))).toEqual([]);
    expect(await refusals(update(3))).toEqual([["NOT_UNIQUE", "input.externalId"]]);
  });

  test("and creates of the same id, however written, leave one record with it, under faults", async () => {
    const { query, data: alma, simulator } = await start({ data, latency: 5 });
    simulator.faults.add({ kind: "lostAnswer", rate: 0.2, when: ({ method }) => method !== "GET" });
    simulator.faults.add({ kind: "reset", rate: 0.1 });
    const writes = ["u-9", " u-9", "u-9\u00a0"].flatMap((id, index) => [
      [
        `createUnit(input: { externalId: $id, name: "n${index}", building: { almaId: 1001 }, propertyType: "studio" })`,
        id,
      ],
      ["updateUnit(ref: { almaId: 1 }, input: { externalId: $id })", id],
      ["updateUnit(ref: { almaId: 2 }, input: { externalId: $id })", id],
    ]);
    await Promise.all(
      writes.map(([write, id]) =>
        query(`mutation($id: String!) { ${write} { userErrors { code } } }`, { id }),
      ),
    );
    expect(alma.units.all().filter((unit) => unit.external_id?.includes("u-9"))).toHaveLength(1);
  });
});

describe.each([true, false])("letting a unit whole (dry run: %s)", (dryRun) => {
  const update = (almaId: number, input: string) =>
    `updateUnit(ref: { almaId: ${almaId} }, input: { ${input} }, dryRun: ${dryRun})`;

  test.each(["off", "on"])(
    "is refused as long as it has rooms, naming them (catalog %s)",
    async (CATALOG) => {
      const { mutate, sent, data: alma } = await start({ data }, { CATALOG });
      alma.rooms.insert({ id: 14, name: "4", parent_unit: 1, external_id: "r-14" });
      const { userErrors } = await mutate(update(1, "isUsedAdditionalExternalId: true"), "__typename");
      const at = ["input", "isUsedAdditionalExternalId"];
      expect(userErrors).toMatchObject([{ code: "WHOLE_LET_UNIT", field: at }]);
      for (const key of ["Room:11", "Room:12"]) expect(userErrors[0]?.message).toContain(key);
      expect(userErrors[0]?.message).not.toContain("Room:13");
      // A dry run may use the cached list.
      if (!dryRun) expect(userErrors[0]?.message).toContain("Room:14");
      expect(sent()).toEqual([]);
    },
  );

  test("is refused if the Bitrix unit that it represents is a room", async () => {
    const { mutate, sent } = await start({ data });
    const { userErrors } = await mutate(update(2, 'additionalExternalId: " r-11"'), "__typename");
    expect(userErrors).toMatchObject([{ code: "WHOLE_LET_UNIT", field: ["input", "additionalExternalId"] }]);
    expect(userErrors[0]?.message).toContain("Room:11");
    const create = `createUnit(input: { externalId: "u-9", name: "n", building: { almaId: 1001 }, propertyType: "studio",
      additionalExternalId: "r-11", isUsedAdditionalExternalId: true }, dryRun: ${dryRun})`;
    expect((await mutate(create, "__typename")).userErrors).toMatchObject([
      { code: "WHOLE_LET_UNIT", field: ["input", "additionalExternalId"] },
    ]);
    expect(sent()).toEqual([]);
  });

  test("is refused if another unit represents that Bitrix unit, with the error at the flag if only that is given", async () => {
    const free = { id: 4, name: "104", building: 1001, external_id: "u-4", additional_external_id: "w-2" };
    const { refusals, sent } = await start({ data: { ...data, units: [...data.units, free] } });
    expect(await refusals(update(4, "isUsedAdditionalExternalId: true"))).toEqual([
      ["WHOLE_LET_UNIT", "input.isUsedAdditionalExternalId"],
    ]);
    expect(sent()).toEqual([]);
  });

  test.each([
    [2, 'additionalExternalId: "w-9"'],
    [2, 'additionalExternalId: "r-13"'],
    [2, "isUsedAdditionalExternalId: true"],
    [2, 'isUsedAdditionalExternalId: true, additionalExternalId: "w-2"'],
    [1, 'isUsedAdditionalExternalId: false, additionalExternalId: "r-11"'],
    [1, 'additionalExternalId: "r-11"'],
  ])("is not a problem otherwise: Unit:%s with %s", async (almaId, input) => {
    const { refusals } = await start({ data });
    expect(await refusals(update(almaId, input))).toEqual([]);
  });

  test("is refused for a room if a unit let as a whole has it as its additional id", async () => {
    const { refusals, sent } = await start({ data });
    const rename = (id: string) =>
      `updateRoom(ref: { almaId: 11 }, input: { externalId: "${id}" }, dryRun: ${dryRun})`;
    expect(await refusals(rename("w-2"))).toEqual([["WHOLE_LET_UNIT", "input.externalId"]]);
    expect(sent()).toEqual([]);
    expect(await refusals(rename("r-11"))).toEqual([]);
  });
});

test("a room and a unit let as a whole never get one Bitrix unit at the same time", async () => {
  const { query, data: alma } = await start({ data: household, latency: 5 });
  await Promise.all([
    query(
      'mutation { createRoom(input: { externalId: "w-9", name: "9", parentUnit: { almaId: 1 }, propertyType: "bunk" }) { userErrors { code } } }',
    ),
    query(
      'mutation { updateUnit(ref: { almaId: 2 }, input: { additionalExternalId: "w-9" }) { userErrors { code } } }',
    ),
    query(
      'mutation { updateRoom(ref: { almaId: 12 }, input: { externalId: " w-9" }) { userErrors { code } } }',
    ),
  ]);
  const holders = [
    ...alma.rooms.by("external_id", "w-9"),
    ...alma.units.all().filter((unit) => unit.additional_external_id === "w-9"),
  ];
  expect(holders).toHaveLength(1);
});
