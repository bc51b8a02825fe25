import { describe, expect, test } from "vitest";
import { apartment, unit, WHOLE } from "../../item/items.ts";
import { having, start } from "../gateway.ts";

const FLAG = "ufCrm6_1736951470242";
const UNIT = "ufCrm6_1684425402";
const whole = (id: number, fields = {}) => apartment(id, { [FLAG]: WHOLE, ...fields });

const projects = [{ id: 207, name: "Dubai" }];
const buildings = [{ id: 1, project: 207, name: "Marina Heights" }];

describe("a second unit of an apartment that is let as a whole fails", () => {
  const refused = (rival: string) => [{ code: "WHOLE_LET_UNIT", message: expect.stringContaining(rival) }];

  test("when the apartment names the other", async () => {
    const { sync, data } = await start();
    const { items } = await sync([unit(71, 12), unit(72, 12), whole(12, { [UNIT]: 72 })]);
    expect(items).toMatchObject([
      { action: "FAILED", userErrors: refused('the Bitrix unit "72"') },
      { action: "ATTACHED_TO_UNIT" },
      { action: "CREATED" },
    ]);
    expect(data.rooms.all()).toEqual([]);
  });

  test("when the apartment names both: nothing of it is written", async () => {
    const { sync, sent } = await start();
    const { items } = await sync([whole(12, { [UNIT]: [71, 72] }), unit(71, 12)]);
    expect(items).toMatchObject([
      { action: "FAILED", userErrors: [{ code: "WHOLE_LET_UNIT", field: ["items", "0", "item", UNIT] }] },
      { action: "FAILED", userErrors: [{ code: "PARENT_FAILED" }] },
    ]);
    expect(sent().map(([call]) => call)).toEqual(["POST realty/buildings/"]);
  });

  test("when the apartment names none: neither is chosen", async () => {
    const { sync, data } = await start();
    const { items } = await sync([unit(71, 12), unit(72, 12), whole(12)]);
    expect(items).toMatchObject([
      { action: "FAILED", userErrors: refused('the unit "72" (items.1)') },
      { action: "FAILED", userErrors: refused('the unit "71" (items.0)') },
      { action: "CREATED" },
    ]);
    expect(data.units.all()).toMatchObject([{ additional_external_id: "" }]);
  });

  test("when Alma has the other, with or without the apartment among the items", async () => {
    const { sync, sent } = await having(whole(12, { [UNIT]: 71 }));
    expect((await sync([unit(72, 12)])).items).toMatchObject([
      { action: "FAILED", userErrors: refused('the Bitrix unit "71"') },
    ]);
    expect((await sync([unit(72, 12), whole(12)])).items).toMatchObject([
      { action: "FAILED", userErrors: refused('the Bitrix unit "71"') },
      { action: "UNCHANGED" },
    ]);
    expect(sent()).toEqual([]);
  });
});

describe("a room of a unit whose apartment is let as a whole", () => {
  const alma = (isArchived: boolean) => ({
    projects,
    buildings,
    units: [{ id: 12, building: 1, external_id: "12", name: "12", is_used_additional_external_id: true }],
    rooms: [{ id: 71, parent_unit: 12, external_id: "71", name: "1", is_archived: isArchived }],
  });

  const refused = {
    action: "FAILED",
    userErrors: [
      {
        code: "WHOLE_LET_UNIT",
        message: expect.stringMatching(/also exists in Alma as Room:71.*archive that room/),
      },
    ],
  };

  test("fails the unit", async () => {
    const { sync, sent } = await start({ data: alma(false) });
    expect((await sync([unit(71, 12)])).items).toMatchObject([refused]);
    expect(sent()).toEqual([]);
  });

  test("fails the apartment, which is not written", async () => {
    const { sync, sent } = await start({ data: alma(false) });
    const { items } = await sync([unit(71, 12), whole(12)]);
    expect(items).toMatchObject([
      { action: "FAILED", userErrors: [{ code: "PARENT_FAILED" }] },
      { action: "FAILED", userErrors: [{ code: "WHOLE_LET_UNIT" }] },
    ]);
    expect((await sync([whole(12, { [UNIT]: 71 })])).items).toMatchObject([refused]);
    expect(sent().filter(([call]) => call.includes("units"))).toEqual([]);
  });

  test("fails the unit even if it equals its item, once the apartment is cached", async () => {
    const { sync, query } = await start({ data: alma(false) });
    await query('{ unit(ref: { externalId: "12" }) { id isUsedAdditionalExternalId } }');
    const asItIs = unit(71, 12, { title: "1", ufCrm8_1686662655574: "", ufCrm8_1699620518232: "0" });
    expect((await sync([asItIs])).items).toMatchObject([refused]);
  });

  test.each([
    ["with", [unit(71, 12), whole(12)]],
    ["without", [unit(71, 12)]],
  ])("does not count if it is archived: %s the apartment", async (_, items) => {
    const { sync, data } = await start({ data: alma(true) });
    expect((await sync(items)).items[0]?.action).toBe("ATTACHED_TO_UNIT");
    expect(data.units.get(12)?.additional_external_id).toBe("71");
  });
});

describe("a unit that two apartments let as a whole name", () => {
  const refused = {
    action: "FAILED",
    userErrors: [{ code: "WHOLE_LET_UNIT", field: expect.arrayContaining([UNIT]) }],
  };

  test("is attached to the apartment that its own item names", async () => {
    const { sync, data } = await start();
    const { items } = await sync([whole(13, { [UNIT]: 71 }), whole(12, { [UNIT]: 71 }), unit(71, 12)]);
    expect(items).toMatchObject([refused, { action: "CREATED" }, { action: "ATTACHED_TO_UNIT" }]);
    expect(data.units.all()).toMatchObject([{ external_id: "12", additional_external_id: "71" }]);
  });

  test("is attached to neither if its own item is missing", async () => {
    const { sync, data } = await start();
    const { items } = await sync([
      whole(13, { [UNIT]: 71 }),
      whole(12, { [UNIT]: 71 }),
      whole(14, { [UNIT]: 74 }),
    ]);
    expect(items).toMatchObject([refused, refused, { action: "CREATED" }]);
    expect(data.units.all()).toMatchObject([{ external_id: "14" }]);
  });
});
