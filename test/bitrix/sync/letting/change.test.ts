import { describe, expect, test } from "vitest";
import { apartment, contact, SHARED, tenantContract, unit, WHOLE } from "../../item/items.ts";
import { actions, having } from "../gateway.ts";

const FLAG = "ufCrm6_1736951470242";
const whole = apartment(12, { [FLAG]: WHOLE });
const shared = apartment(12, { [FLAG]: SHARED });
const lease = tenantContract(501, 71, 31);

describe("an apartment's letting", () => {
  test("that changes from by rooms to whole fails with instructions, and nothing is written", async () => {
    const { sync, sent, data } = await having(shared, unit(71, 12), contact(31));
    const { items } = await sync([whole, unit(71, 12), lease, contact(32)]);
    const [{ id } = { id: 0 }] = data.units.all();
    const message =
      `In Bitrix the apartment "12" is let as a whole now, in Alma Unit:${id} is let by rooms. Nothing was changed, because its ` +
      "rooms and their contracts would be in the way of new contracts. Move the contracts of its rooms to it " +
      "(updateTenantContract), archive the rooms (archiveRoom with dryRun shows what else would be archived permanently), then set " +
      "isUsedAdditionalExternalId: true on it by updateUnit, and send the items again.";
    expect(items).toMatchObject([
      {
        action: "FAILED",
        userErrors: [{ code: "LETTING_CHANGED", field: ["items", "0", "item", FLAG], message }],
      },
      { action: "FAILED", userErrors: [{ code: "PARENT_FAILED" }] },
      { action: "FAILED", userErrors: [{ code: "PARENT_FAILED" }] },
      { action: "CREATED" },
    ]);
    expect(sent().map(([call]) => call)).toEqual(["POST users/clients/"]);
  });

  test("may change from by rooms to whole once the instructions are followed, with the contract of its room", async () => {
    const { sync, query, data } = await having(shared, unit(71, 12), contact(31), lease);
    const [room] = data.rooms.all();
    const { data: answer } = await query(`mutation {
      move: updateTenantContract(ref: { externalId: "501" }, input: { rentalObject: { externalId: "12" } }) { userErrors { code } }
      archive: archiveRoom(ref: { almaId: ${room?.id} }) { userErrors { code } }
      set: updateUnit(ref: { externalId: "12" }, input: { isUsedAdditionalExternalId: true }) { userErrors { code } }
    }`);
    expect(Object.values(answer)).toEqual(Array(3).fill({ userErrors: [] }));
    const done = await sync([whole, unit(71, 12), lease]);
    expect(actions(done)).toEqual(["UPDATED", "ATTACHED_TO_UNIT", "UNCHANGED"]);
    const [home] = data.units.all();
    expect(home).toMatchObject({ additional_external_id: "71", is_used_additional_external_id: true });
    expect(data.tenantContracts.all()).toMatchObject([{ unit_id: home?.id, is_archived: false }]);
  });

  test("that changes from whole to by rooms fails with instructions, and nothing is written", async () => {
    const { sync, sent, data } = await having(
      apartment(12, { [FLAG]: WHOLE, ufCrm6_1684425402: 71 }),
      contact(31),
    );
    const { items } = await sync([shared, unit(71, 12), lease]);
    const [{ id } = { id: 0 }] = data.units.all();
    const message =
      `In Bitrix the apartment "12" is let by rooms now, in Alma Unit:${id} is let as a whole and represents the Bitrix unit "71". ` +
      `Nothing was changed, because contracts made for that unit are on Unit:${id}. When they have ended, set ` +
      "isUsedAdditionalExternalId: false and additionalExternalId: null on it by updateUnit, and send the items again.";
    expect(items).toMatchObject([
      {
        action: "FAILED",
        userErrors: [{ code: "LETTING_CHANGED", field: ["items", "0", "item", FLAG], message }],
      },
      { action: "FAILED", userErrors: [{ code: "PARENT_FAILED" }] },
      { action: "FAILED", userErrors: [{ code: "PARENT_FAILED" }] },
    ]);
    expect(sent()).toEqual([]);
  });

  test("may change from whole to by rooms once the instructions are followed", async () => {
    const { sync, query, data } = await having(
      apartment(12, { [FLAG]: WHOLE, ufCrm6_1684425402: 71 }),
      contact(31),
    );
    const { data: answer } = await query(
      'mutation { updateUnit(ref: { externalId: "12" }, input: { isUsedAdditionalExternalId: false, additionalExternalId: null }) { userErrors { code } } }',
    );
    expect(answer.updateUnit.userErrors).toEqual([]);
    expect(actions(await sync([shared, unit(71, 12), lease]))).toEqual(["UNCHANGED", "CREATED", "CREATED"]);
    expect(data.tenantContracts.all()).toMatchObject([{ unit_id: data.rooms.all()[0]?.id }]);
  });

  test("is kept, and so is the Bitrix unit, if the item leaves it out", async () => {
    const { sync, sent } = await having(apartment(12, { [FLAG]: WHOLE, ufCrm6_1684425402: 71 }));
    const { kind, item } = apartment(12, { ufCrm6_1718821717: "Marina Walk 8" });
    const { [FLAG]: _, ...rest } = item;
    expect(actions(await sync([{ kind, item: rest }, unit(71, 12)]))).toEqual([
      "UPDATED",
      "ATTACHED_TO_UNIT",
    ]);
    expect(sent().map(([, body]) => body)).toEqual([{ address: "Marina Walk 8" }]);
  });
});
