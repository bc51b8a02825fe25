import { expect, test } from "vitest";
import { apartment, contact, ownerContract, tenantContract, unit, WHOLE } from "../item/items.ts";
import { actions, having, start } from "./gateway.ts";

test("an item may name items that are in Alma only", async () => {
  const { sync, asked, data } = await having(apartment(12), unit(71, 12), contact(31), contact(32));
  const done = await sync([tenantContract(501, 71, 31)]);
  expect(actions(done)).toEqual(["CREATED"]);
  expect(data.tenantContracts.all()).toMatchObject([{ unit_id: data.rooms.all()[0]?.id }]);
  expect(actions(await sync([ownerContract(401, 12, 32)]))).toEqual(["CREATED"]);
  expect(actions(await sync([unit(72, 12, { ufCrm8_1698838056004: 1296 })]))).toEqual(["CREATED"]);
  expect(data.rooms.all().map(({ parent_unit }) => parent_unit)).toEqual(
    Array(2).fill(data.units.all()[0]?.id),
  );
  asked();
});

test("a tenant contract is on the record that Alma's lookup finds for its unit", async () => {
  const whole = apartment(12, { ufCrm6_1736951470242: WHOLE, ufCrm6_1684425402: 71 });
  const { sync, asked, data } = await having(whole, contact(31));
  expect(actions(await sync([tenantContract(501, 71, 31)]))).toEqual(["CREATED"]);
  expect(asked()).toContain("GET realty/rental_object/71/");
  expect(data.tenantContracts.all()).toMatchObject([{ unit_id: data.units.all()[0]?.id }]);
});

test("the successor of an archived record is found by the same Bitrix id", async () => {
  const { sync, data } = await having(apartment(12), unit(71, 12));
  const [old] = data.rooms.all();
  if (!old) throw new Error("There is no room.");
  data.rooms.change(old.id, { is_archived: true });
  data.rooms.insert({ ...old, id: 7777, is_archived: false });
  const { items } = await sync([unit(71, 12, { title: "Room again" })]);
  expect(items).toMatchObject([{ action: "UPDATED", record: { id: "Room:7777" } }]);
});

test("an unchanged item costs one call, also without the items that it names", async () => {
  const flow = [
    apartment(12),
    unit(71, 12),
    contact(31),
    tenantContract(501, 71, 31),
    ownerContract(401, 12, 31),
  ];
  const { sync, asked } = await having(...flow);
  asked();
  for (const item of flow) {
    expect(actions(await sync([item]))).toEqual(["UNCHANGED"]);
    expect(asked()).toHaveLength(1);
  }
});

test.each([
  ["a unit's apartment", unit(71, 12), "ufCrm8_1684429208", 'the apartment "12"'],
  ["an owner contract's apartment", ownerContract(401, 12, 31), "ufCrm10_1693823301", 'the apartment "12"'],
  ["a tenant contract's unit", tenantContract(501, 71, 31), "ufCrm20_1693919019", 'the unit "71"'],
])(
  "%s that is neither sent nor in Alma is reported at the field that names it",
  async (_, item, field, named) => {
    const { sync, sent } = await having(contact(31));
    const { items } = await sync([item, contact(33)]);
    expect(items[0]).toMatchObject({
      action: "FAILED",
      record: null,
      userErrors: [
        {
          code: "MISSING_LINK",
          field: ["items", "0", "item", field],
          message: expect.stringContaining(named),
        },
      ],
    });
    expect(items[1]?.action).toBe("CREATED");
    expect(sent()).toHaveLength(1);
  },
);

test("a contract's contact that is neither sent nor in Alma is reported", async () => {
  const { sync } = await having(apartment(12), unit(71, 12));
  const { items } = await sync([tenantContract(501, 71, 31), ownerContract(401, 12, 31)]);
  const userErrors = [{ code: "MISSING_LINK", message: expect.stringContaining('the contact "31"') }];
  expect(items).toMatchObject([
    { action: "FAILED", userErrors },
    { action: "FAILED", userErrors },
  ]);
});

test("a new apartment without a building's name is refused", async () => {
  const { sync, sent } = await start();
  const { items } = await sync([apartment(12, { ufCrm6_1682232363193: "" })]);
  expect(items).toMatchObject([{ action: "FAILED", userErrors: [{ code: "REQUIRED" }] }]);
  expect(sent()).toEqual([]);
});
