import { describe, expect, test } from "vitest";
import { apartment, contact, tenantContract, unit, WHOLE } from "../../item/items.ts";
import { actions, having, start } from "../gateway.ts";

const FLAG = "ufCrm6_1736951470242";
const UNIT = "ufCrm6_1684425402";
const whole = (id: number, fields = {}) => apartment(id, { [FLAG]: WHOLE, ...fields });

/** The fields of a unit let as a whole that name its Bitrix unit. */
const attached = (id: string) => ({ additional_external_id: id, is_used_additional_external_id: true });

describe("a unit of an apartment that is let as a whole", () => {
  test.each([
    ["both name each other", { [UNIT]: 71 }],
    ["only the unit names the apartment", {}],
    ["the apartment names none", { [UNIT]: "0" }],
  ])("becomes the apartment's additional id, never a room: %s", async (_, fields) => {
    const { sync, sent, data } = await start();
    const flow = [unit(71, 12), whole(12, fields)];
    const { items } = await sync(flow);
    const [{ id } = { id: 0 }] = data.units.all();
    expect(items).toMatchObject([
      { action: "ATTACHED_TO_UNIT", record: { id: `Unit:${id}` }, userErrors: [] },
      { action: "CREATED", record: { id: `Unit:${id}` } },
    ]);
    expect(items[0]?.changes.map(({ field, after }) => [field, after])).toEqual([
      ["isUsedAdditionalExternalId", true],
      ["additionalExternalId", "71"],
    ]);
    expect(sent()).toMatchObject([
      ["POST realty/buildings/", {}],
      ["POST realty/units/", attached("71")],
    ]);
    const again = await sync(flow);
    expect(again.items).toMatchObject([{ action: "ATTACHED_TO_UNIT", changes: [] }, { action: "UNCHANGED" }]);
    expect(sent()).toEqual([]);
    expect(data.rooms.all()).toEqual([]);
  });

  test("may be missing from the items if the apartment names it", async () => {
    const { sync, sent } = await start();
    expect(actions(await sync([whole(12, { [UNIT]: [71] })]))).toEqual(["CREATED"]);
    expect(sent()[1]?.[1]).toMatchObject(attached("71"));
  });

  test("is attached by a later sync to an apartment without a unit", async () => {
    const { sync, sent, data } = await having(whole(12));
    const [{ id } = { id: 0 }] = data.units.all();
    const change = { field: "additionalExternalId", before: null, after: "71", hidden: false };
    const done = await sync([unit(71, 12)]);
    expect(done.items).toMatchObject([
      { action: "ATTACHED_TO_UNIT", record: { id: `Unit:${id}` }, changes: [change] },
    ]);
    expect(sent()).toEqual([[`PATCH realty/units/${id}/`, { additional_external_id: "71" }]]);
    expect((await sync([unit(71, 12)])).items).toMatchObject([{ action: "ATTACHED_TO_UNIT", changes: [] }]);
    expect(sent()).toEqual([]);
  });

  test("is attached by a later sync of both, although the apartment's item names no unit", async () => {
    const { sync, sent } = await having(whole(12));
    expect(actions(await sync([whole(12), unit(71, 12)]))).toEqual(["UPDATED", "ATTACHED_TO_UNIT"]);
    expect(sent().map(([, body]) => body)).toEqual([{ additional_external_id: "71" }]);
  });

  test.each([false, true])(
    "is attached to an archived apartment that the list omits (dry run %s)",
    async (dryRun) => {
      const data = {
        projects: [{ id: 207, name: "Dubai" }],
        buildings: [{ id: 1, project: 207, name: "Marina Heights" }],
        units: [
          {
            id: 12,
            building: 1,
            external_id: "12",
            name: "12",
            is_archived: true,
            is_used_additional_external_id: true,
            additional_external_id: "71",
          },
        ],
      };
      const { sync } = await start({ data, switches: { archivedInLists: false } });
      const flow = [whole(12, { [UNIT]: 71 }), unit(71, 12), apartment(13)];
      const { items } = await sync(flow, dryRun);
      expect(items).toMatchObject([
        { action: "UPDATED", record: { id: "Unit:12" }, userErrors: [] },
        { action: "ATTACHED_TO_UNIT", record: { id: "Unit:12" } },
        { action: "CREATED" },
      ]);
    },
  );

  test("is not looked up as a room", async () => {
    const { sync, asked } = await having(whole(12, { [UNIT]: 71 }));
    asked();
    await sync([whole(12, { [UNIT]: 71 }), unit(71, 12)]);
    expect(asked().filter((call) => call.includes("external_id/71"))).toEqual([]);
  });

  test("is replaced by another one that the apartment names", async () => {
    const { sync, sent } = await having(whole(12, { [UNIT]: 71 }));
    const done = await sync([unit(72, 12), whole(12, { [UNIT]: 72 })]);
    expect(actions(done)).toEqual(["ATTACHED_TO_UNIT", "UPDATED"]);
    expect(done.items[0]?.changes).toMatchObject([
      { field: "additionalExternalId", before: "71", after: "72" },
    ]);
    expect(sent()).toEqual([[expect.stringMatching(/^PATCH/), { additional_external_id: "72" }]]);
  });

  test("has its tenant contracts on the apartment", async () => {
    const { sync, sent, data } = await start();
    const flow = [tenantContract(501, 71, 31), contact(31), unit(71, 12), whole(12)];
    expect(actions(await sync(flow))).toEqual(["CREATED", "CREATED", "ATTACHED_TO_UNIT", "CREATED"]);
    expect(data.tenantContracts.all()).toMatchObject([{ unit_id: data.units.all()[0]?.id }]);
    sent();
    expect(actions(await sync(flow))).toEqual(["UNCHANGED", "UNCHANGED", "ATTACHED_TO_UNIT", "UNCHANGED"]);
    expect(sent()).toEqual([]);
  });

  test("has its tenant contracts on the apartment, also if the unit is not among the items", async () => {
    const { sync, data } = await start();
    const flow = [tenantContract(501, 71, 31), contact(31), whole(12, { [UNIT]: 71 })];
    expect(actions(await sync(flow))).toEqual(["CREATED", "CREATED", "CREATED"]);
    expect(data.tenantContracts.all()).toMatchObject([{ unit_id: data.units.all()[0]?.id }]);
  });

  test("fails its contracts with the apartment, also if the unit is not among the items", async () => {
    const { sync } = await start();
    const broken = whole(12, { [UNIT]: 71, ufCrm6_1682232863625: 1 });
    const done = await sync([tenantContract(501, 71, 31), broken, contact(31)]);
    expect(actions(done)).toEqual(["FAILED", "FAILED", "CREATED"]);
    expect(done.items[0]?.userErrors).toMatchObject([{ code: "PARENT_FAILED" }]);
  });

  test("needs no fields of a room", async () => {
    const { sync, data } = await start();
    const bare = unit(71, 12, { ufCrm8_1698838056004: "", ufCrm8_1682957076924: 246 });
    const flow = [bare, whole(12), contact(31), tenantContract(501, 71, 31)];
    expect(actions(await sync(flow))).toEqual(["ATTACHED_TO_UNIT", "CREATED", "CREATED", "CREATED"]);
    expect((await sync([bare])).items).toMatchObject([{ action: "ATTACHED_TO_UNIT", userErrors: [] }]);
    expect(data.rooms.all()).toEqual([]);
  });

  test("is attached in a dry run without a write", async () => {
    const { sync, sent } = await start();
    const flow = [unit(71, 12), whole(12), contact(31), tenantContract(501, 71, 31)];
    expect(actions(await sync(flow, true))).toEqual(["ATTACHED_TO_UNIT", "CREATED", "CREATED", "CREATED"]);
    expect(sent()).toEqual([]);
  });
});
