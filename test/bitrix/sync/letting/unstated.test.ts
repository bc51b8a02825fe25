import { describe, expect, test } from "vitest";
import { apartment, contact, tenantContract, unit, WHOLE } from "../../item/items.ts";
import { actions, start } from "../gateway.ts";

const FLAG = "ufCrm6_1736951470242";
const UNIT = "ufCrm6_1684425402";
const home = [
  apartment(12, { [FLAG]: WHOLE, [UNIT]: [71] }),
  unit(71, 12),
  contact(31),
  tenantContract(501, 71, 31),
];
/** A gateway over an Alma that has the records of these items. */
async function settled(...items: readonly (typeof home)[number][]) {
  const gateway = await start();
  await gateway.sync(items);
  gateway.sent();
  return gateway;
}
const without = (item: ReturnType<typeof apartment>) => {
  const { [FLAG]: _, ...others } = item.item;
  return { ...item, item: others };
};

describe("an apartment whose item does not state how it is let", () => {
  test.each([["" as unknown], [null], [[]], [false]])(
    "(%j) keeps the letting that it has in Alma",
    async (empty) => {
      const { sync, sent } = await settled(...home);
      const again = [apartment(12, { [FLAG]: empty, [UNIT]: [71] }), ...home.slice(1)];
      const kept = ["UNCHANGED", "ATTACHED_TO_UNIT", "UNCHANGED", "UNCHANGED"];
      expect(actions(await sync(again))).toEqual(kept);
      expect(actions(await sync(again))).toEqual(kept);
      expect(sent()).toEqual([]);
    },
  );

  test.each([
    ["an empty one", apartment(12, { [FLAG]: "" })],
    ["none", without(apartment(12))],
  ])("is not created: with %s in place of the field", async (_, item) => {
    const { sync, sent } = await start();
    const { items } = await sync([item, unit(71, 12)]);
    expect(items).toMatchObject([
      { action: "FAILED", userErrors: [{ code: "REQUIRED", field: ["items", "0", "item", FLAG] }] },
      { action: "FAILED", userErrors: [{ code: "PARENT_FAILED" }] },
    ]);
    expect(sent().map(([call]) => call)).toEqual(["POST realty/buildings/"]);
  });
});

describe("a Bitrix unit that an apartment represents in Alma", () => {
  const refused = (at: RegExp) => ({
    action: "FAILED",
    userErrors: [{ code: "WHOLE_LET_UNIT", message: expect.stringMatching(at) }],
  });

  test("is not attached to another one, with or without its own item", async () => {
    const { sync, sent, data } = await settled(...home, apartment(13, { [FLAG]: WHOLE, title: "13" }));
    const first = data.units.by("external_id", "12")[0];
    const other = apartment(14, { [FLAG]: WHOLE, [UNIT]: [71], title: "14" });
    const told = refused(new RegExp(`Unit:${first?.id} already represents it`));
    expect((await sync([other])).items).toMatchObject([told]);
    expect(
      (await sync([apartment(14, { [FLAG]: WHOLE, title: "14" }), unit(71, 14)])).items[0],
    ).toMatchObject(told);
    expect((await sync([unit(71, 13)])).items).toMatchObject([told]);
    expect(sent()).toEqual([]);
  });
});
