import { describe, expect, test } from "vitest";
import { apartment, contact, ownerContract, tenantContract, unit, WHOLE } from "../item/items.ts";
import type { ItemResult } from "./gateway.ts";
import { actions, having } from "./gateway.ts";

const warningsOf = ({ warnings }: ItemResult) => warnings.map(({ code, message }) => `${code} ${message}`);

describe("an archived apartment or room", () => {
  test("is reported at its own item", async () => {
    const { sync, data } = await having(apartment(12), unit(71, 12), contact(31));
    const [unitId, roomId] = [data.units.all()[0]?.id as number, data.rooms.all()[0]?.id as number];
    expect((await sync([apartment(12), unit(71, 12)])).items.flatMap(warningsOf)).toEqual([]);
    data.units.change(unitId, { is_archived: true });
    data.rooms.change(roomId, { is_archived: true });
    const { items } = await sync([apartment(12), unit(71, 12, { title: "Room again" }), contact(31)]);
    expect(items.map(({ action }) => action)).toEqual(["UNCHANGED", "UPDATED", "UNCHANGED"]);
    expect(items.map(warningsOf)).toEqual([
      [expect.stringMatching(`^ARCHIVED Unit:${unitId} is archived in Alma.*unarchiveUnit`)],
      [expect.stringMatching(`^ARCHIVED Room:${roomId} is archived in Alma.*unarchiveRoom`)],
      [],
    ]);
    expect(items[1]?.warnings[0]?.field).toEqual(["items", "1", "item"]);
  });

  test("is reported at the item of its Bitrix unit, if it is let as a whole", async () => {
    const whole = apartment(12, { ufCrm6_1736951470242: WHOLE, ufCrm6_1684425402: 71 });
    const { sync, data } = await having(whole);
    data.units.change(data.units.all()[0]?.id as number, { is_archived: true });
    const { items } = await sync([unit(71, 12)]);
    expect(items[0]).toMatchObject({ action: "ATTACHED_TO_UNIT", warnings: [{ code: "ARCHIVED" }] });
  });

  test.each([
    ["listed, and found by its Bitrix id", true, false],
    ["not listed, but found by its Bitrix id", false, false],
    ["listed, and not found as a rental object", true, true],
  ])("refuses new records on it, if it is %s", async (_, archivedInLists, hidden) => {
    const { sync, sent, data, simulator } = await having(
      ...[apartment(12), unit(71, 12), apartment(13), unit(72, 13), contact(31)],
      tenantContract(502, 72, 31),
    );
    simulator.switches.archivedInLists = archivedInLists;
    if (hidden) simulator.faults.add({ kind: "vanish", when: ({ path }) => path.includes("rental_object") });
    const [room] = data.rooms.by("external_id", "71");
    const [home] = data.units.by("external_id", "12");
    data.rooms.change(room?.id as number, { is_archived: true });
    data.units.change(home?.id as number, { is_archived: true });
    const { items } = await sync([
      tenantContract(501, 71, 31),
      ownerContract(401, 12, 31),
      unit(73, 12),
      tenantContract(502, 71, 31),
    ]);
    const refusals = items.map(({ action, userErrors: [error] }) => [action, error?.code, error?.field?.[3]]);
    expect(refusals).toEqual([
      ["FAILED", "ARCHIVED", "ufCrm20_1693919019"],
      ["FAILED", "ARCHIVED", "ufCrm10_1693823301"],
      ["FAILED", "ARCHIVED", "ufCrm8_1684429208"],
      ["FAILED", "ARCHIVED", "ufCrm20_1693919019"],
    ]);
    expect(items[0]?.userErrors[0]?.message).toContain(
      `The contract names the unit "71", which is Room:${room?.id} in Alma and is archived there. Unarchive it by unarchiveRoom`,
    );
    expect(items[2]?.userErrors[0]?.message).toContain(
      `The unit "73" belongs to the apartment "12", which is Unit:${home?.id} in Alma and is archived there.`,
    );
    expect(sent()).toEqual([]);
  });

  test("is refused likewise if it is among the items", async () => {
    const { sync, sent, data } = await having(apartment(12), unit(71, 12), contact(31));
    for (const { id } of data.rooms.all()) data.rooms.change(id, { is_archived: true });
    for (const { id } of data.units.all()) data.units.change(id, { is_archived: true });
    const items = [
      apartment(12),
      unit(71, 12),
      unit(73, 12),
      tenantContract(501, 71, 31),
      ownerContract(401, 12, 31),
    ];
    const done = await sync(items);
    expect(actions(done)).toEqual(["UNCHANGED", "UNCHANGED", "FAILED", "FAILED", "FAILED"]);
    expect(done.items.slice(2).map(({ userErrors }) => userErrors[0]?.code)).toEqual(
      Array(3).fill("ARCHIVED"),
    );
    expect(sent()).toEqual([]);
  });

  test("keeps the contracts that are on it", async () => {
    const past = { ufCrm20ContractStartDate: "2020-01-01", ufCrm20ContractEndDate: "2020-12-31" };
    const lease = tenantContract(501, 71, 31, past);
    const { sync, sent, data } = await having(apartment(12), unit(71, 12), contact(31), lease);
    for (const { id } of data.rooms.all()) data.rooms.change(id, { is_archived: true });
    expect(actions(await sync([lease]))).toEqual(["UNCHANGED"]);
    expect(actions(await sync([apartment(12), unit(71, 12), lease]))).toEqual(Array(3).fill("UNCHANGED"));
    expect(sent()).toEqual([]);
  });
});
