import { describe, expect, test } from "vitest";
import { day } from "../support/day.ts";
import { DRIFT_NOW, data, details, lists, sorted, start, whole } from "./gateway.ts";

describe("ids", () => {
  test("missing: reads only the records without one; archived ones do not count", async () => {
    const { ask, alma } = await start();
    alma.units.change(1, { external_id: "" });
    alma.rooms.change(11, { external_id: "" });
    alma.rooms.change(12, { external_id: "", is_archived: true });
    alma.clients.change(21, { external_id: "" });
    alma.tenantContracts.change(41, { external_id: "", is_archived: true });
    alma.tenantContracts.change(42, { external_id: "" });
    const { reported, asked, cases } = await ask(["MISSING_BITRIX_ID"]);
    expect(reported).toEqual([
      "MISSING_BITRIX_ID  Unit:1",
      "MISSING_BITRIX_ID  Room:11",
      "MISSING_BITRIX_ID  Client:21",
      "MISSING_BITRIX_ID  TenantContract:42",
    ]);
    expect(asked).toEqual(
      sorted(
        lists,
        details("units", 1),
        details("rooms", 11, 12),
        details("contracts/tenant_contracts", 41, 42),
      ),
    );
    const [unit, , client, contract] = cases.map(({ advice }) => advice);
    expect(unit).toMatch(
      /externalId by updateUnit;.*Archive .* by archiveUnit; its active and planned contracts.*permanently/s,
    );
    expect(client).toMatch(/by updateClient;.*can neither delete nor archive a client/s);
    expect(contract).toMatch(/by updateTenantContract;.*end an unwanted one by its endDate/s);
  });

  test("malformed: found in the lists alone", async () => {
    const { ask, alma } = await start();
    alma.rooms.change(13, { external_id: " b13" });
    alma.clients.change(22, { external_id: "c22\n", is_archived: false } as object);
    alma.units.change(2, { external_id: "a 2" });
    const { reported, asked, cases } = await ask(["MALFORMED_BITRIX_ID"]);
    expect(reported).toEqual(["MALFORMED_BITRIX_ID  b13 Room:13", "MALFORMED_BITRIX_ID c22\n Client:22"]);
    expect(asked).toEqual(lists);
    expect(cases[0]?.advice).toContain('The Bitrix id of Room:13 is " b13"');
  });

  test("duplicate: within one kind only, found in the lists except for contracts", async () => {
    const { ask, alma } = await start();
    alma.units.change(2, { external_id: "a1", is_archived: true });
    alma.rooms.change(12, { external_id: "a1" });
    alma.clients.change(22, { external_id: "c21" });
    alma.ownerContracts.change(31, { external_id: "41" });
    const first = await ask(["DUPLICATE_BITRIX_ID"]);
    expect(first.reported).toEqual([
      "DUPLICATE_BITRIX_ID a1 Unit:2 Unit:1",
      "DUPLICATE_BITRIX_ID c21 Client:22 Client:21",
    ]);
    expect(first.asked).toEqual(lists);
    expect(first.cases[0]?.advice).toMatch(
      /^Unit:2, Unit:1 have the same Bitrix id "a1"\..*can be changed but not cleared/s,
    );
    expect(first.cases[1]?.advice).toContain("Alma does not give a contract to another client");
  });

  test("duplicate among contracts: archived ones do not count", async () => {
    const { ask, alma } = await start();
    alma.tenantContracts.insert({ id: 43, external_id: "41", unit_id: 3, client_id: 22, is_archived: true });
    alma.tenantContracts.insert({ id: 44, external_id: "42", unit_id: 12, client_id: 22 });
    const { reported, asked, cases } = await ask(["DUPLICATE_BITRIX_ID"]);
    expect(reported).toEqual(["DUPLICATE_BITRIX_ID 42 TenantContract:44 TenantContract:42"]);
    expect(asked).toEqual(sorted(lists, details("contracts/tenant_contracts", 41, 42, 43, 44)));
    expect(cases[0]?.advice).toContain("Alma does not delete contracts");
  });
});

describe("units let as a whole", () => {
  test("additional ids: duplicate, missing, unused", async () => {
    const { ask, alma } = await start();
    alma.units.change(4, whole("b3"));
    alma.units.change(1, { is_used_additional_external_id: true });
    alma.units.change(2, { additional_external_id: "b13" });
    const unused = alma.units.insert({
      ...data.units[0],
      id: 6,
      external_id: "a6",
      additional_external_id: "b6",
    });
    const { reported, cases } = await ask([
      "DUPLICATE_ADDITIONAL_BITRIX_ID",
      "MISSING_ADDITIONAL_BITRIX_ID",
      "UNUSED_ADDITIONAL_BITRIX_ID",
    ]);
    expect(reported).toEqual([
      "DUPLICATE_ADDITIONAL_BITRIX_ID b3 Unit:4 Unit:3",
      "MISSING_ADDITIONAL_BITRIX_ID  Unit:1",
      `UNUSED_ADDITIONAL_BITRIX_ID b6 Unit:${unused.id}`,
      "UNUSED_ADDITIONAL_BITRIX_ID b13 Unit:2 Room:13",
    ]);
    expect(cases[2]?.advice).toMatch(
      /If the apartment is let as a whole, set isUsedAdditionalExternalId: true/,
    );
    expect(cases[3]?.advice).toMatch(
      /Room:13 is this Bitrix unit, so .* let room by room: set additionalExternalId: null/,
    );
    alma.units.change(3, { is_archived: true });
    alma.rooms.change(13, { is_archived: true });
    const again = await ask(
      null,
      10,
      "query Drift @freshness(maxAge: 0) { bitrixDrift { groups { kind cases { externalId advice records { id } } } } }",
    );
    expect(again.reported).toContain("DUPLICATE_ADDITIONAL_BITRIX_ID b3 Unit:4 Unit:3");
    const advice = (kind: string) => again.cases.filter((one) => one.kind === kind).map((one) => one.advice);
    expect(advice("DUPLICATE_ADDITIONAL_BITRIX_ID")[0]).toContain("Start with the archived ones (Unit:3)");
    expect(advice("UNUSED_ADDITIONAL_BITRIX_ID")[1]).toContain(
      "Room:13, which was this Bitrix unit, is archived",
    );
  });

  test("rooms of them: archived ones do not count", async () => {
    const { ask, alma } = await start();
    alma.units.change(2, whole("b13"));
    const kinds = ["ROOM_UNDER_WHOLE_LET_UNIT", "WHOLE_LET_UNIT_ALSO_A_ROOM"];
    const { reported, cases, asked } = await ask(kinds);
    expect(reported).toEqual([
      "ROOM_UNDER_WHOLE_LET_UNIT b13 Room:13 Unit:2",
      "WHOLE_LET_UNIT_ALSO_A_ROOM b13 Unit:2 Room:13",
    ]);
    expect(asked).toEqual(
      sorted(
        ["GET realty/rooms/", "GET realty/units/"],
        details("units", 1, 2, 3, 4),
        details("rooms", 11, 12, 13),
      ),
    );
    for (const { advice } of cases)
      expect(advice).toMatch(
        /let room by room, set isUsed.*Archiving Room:13 archives its active and planned contracts too, permanently/s,
      );
    alma.rooms.change(13, { is_archived: true });
    expect((await ask(kinds, 9, DRIFT_NOW)).reported).toEqual([]);
  });

  test("a room of another unit with the Bitrix unit's id: only that room is read", async () => {
    const { ask, alma } = await start();
    alma.rooms.change(12, { external_id: "b3" });
    const { reported, cases, asked } = await ask(["WHOLE_LET_UNIT_ALSO_A_ROOM"]);
    expect(reported).toEqual(["WHOLE_LET_UNIT_ALSO_A_ROOM b3 Unit:3 Room:12"]);
    expect(asked).toEqual(
      sorted(["GET realty/rooms/", "GET realty/units/"], details("units", 1, 2, 3, 4), details("rooms", 12)),
    );
    expect(cases[0]?.advice).toContain("The room is in another apartment, Unit:1.");
  });

  test("a room of an archived unit that the list omits", async () => {
    const { ask, alma, simulator } = await start();
    simulator.switches.archivedInLists = false;
    alma.units.change(2, { ...whole("b2"), is_archived: true });
    const { reported, cases, asked } = await ask(["ROOM_UNDER_WHOLE_LET_UNIT"]);
    expect(reported).toEqual(["ROOM_UNDER_WHOLE_LET_UNIT b13 Room:13 Unit:2"]);
    expect(cases[0]?.advice).toContain('The unit\'s Bitrix unit is "b2", and the room\'s is "b13"');
    expect(asked).toEqual(
      sorted(["GET realty/rooms/"], details("rooms", 11, 12, 13), details("units", 1, 2)),
    );
  });
});

describe("tenant contracts", () => {
  test("on a unit without an additional id in use: archived and ended ones do not count", async () => {
    const { ask, alma } = await start();
    const lease = { client_id: 22, start_date: day(-9), end_date: day(9) };
    alma.tenantContracts.insert({ ...lease, id: 43, external_id: "43", unit_id: 1 });
    alma.tenantContracts.insert({ ...lease, id: 44, external_id: "44", unit_id: 2, end_date: day(-1) });
    alma.tenantContracts.insert({ ...lease, id: 45, external_id: "45", unit_id: 2, is_archived: true });
    alma.units.change(2, { additional_external_id: "b2" });
    alma.tenantContracts.insert({ ...lease, id: 46, external_id: "46", unit_id: 2, end_date: null });
    const { reported, asked, cases } = await ask(["TENANT_CONTRACT_ON_UNATTACHED_UNIT"]);
    expect(reported).toEqual([
      "TENANT_CONTRACT_ON_UNATTACHED_UNIT 46 TenantContract:46 Unit:2",
      "TENANT_CONTRACT_ON_UNATTACHED_UNIT 43 TenantContract:43 Unit:1",
    ]);
    expect(asked).toEqual(
      sorted(
        ["GET realty/units/", "GET realty/contracts/tenant_contracts/"],
        details("units", 1, 2, 3),
        details("contracts/tenant_contracts", 41, 42, 43, 44, 45, 46),
      ),
    );
    expect(cases[1]?.advice).toMatch(/^TenantContract:43 is on Unit:1, which no Bitrix unit is attached to/);
  });
});

test("following the advice ends the drift and keeps the contract", async () => {
  const { ask, alma, query } = await start();
  const made = alma.tenantContracts.get(42);
  alma.units.change(1, whole("b11"));
  alma.rooms.change(12, { is_archived: true });
  const kinds = ["ROOM_UNDER_WHOLE_LET_UNIT", "WHOLE_LET_UNIT_ALSO_A_ROOM"];
  expect((await ask(kinds)).reported).toHaveLength(2);
  const write = async (text: string) => {
    const { data, errors } = await query(`mutation { did: ${text} { userErrors { code } } }`);
    expect(errors).toBeUndefined();
    return data.did.userErrors;
  };
  const move = "updateTenantContract(ref: { almaId: 42 }, input: { rentalObject: { almaId: 1 } })";
  const setFlag = (flag: boolean) =>
    `updateUnit(ref: { almaId: 1 }, input: { isUsedAdditionalExternalId: ${flag} })`;
  expect(await write(move)).toMatchObject([{ code: "WHOLE_LET_UNIT" }]);
  expect(await write(setFlag(false))).toEqual([]);
  expect(await write(move)).toEqual([]);
  expect(await write("archiveRoom(ref: { almaId: 11 })")).toEqual([]);
  expect(await write(setFlag(true))).toEqual([]);
  expect((await ask()).reported).toEqual([]);
  expect(alma.tenantContracts.get(42)).toEqual({ ...made, unit_id: 1 });
});
