import { expect, test } from "vitest";
import { apartment, contact, tenantContract, unit } from "../item/items.ts";
import { actions, having, start } from "./gateway.ts";

const RENT = "ufCrm6_1682232447205";
const POOL = "ufCrm6_1697622591377";
const emptied = [
  apartment(12, { [RENT]: "", [POOL]: "" }),
  unit(71, 12, { ufCrm8_1699620518232: "|AED" }),
  tenantContract(501, 71, 31, { opportunity: null }),
];

test("reports an empty amount as 0 in a create, an update and a dry run", async () => {
  const filled = [apartment(12), unit(71, 12), tenantContract(501, 71, 31)];
  const { sync, data } = await having(contact(31), ...filled);
  const changes = [
    [
      { field: "goalRentCost", before: "120000.00", after: "0.00", hidden: false },
      { field: "isSwimmingPool", before: true, after: false, hidden: false },
    ],
    [{ field: "goalRentCost", before: "4500.00", after: "0.00", hidden: false }],
    [{ field: "price", before: "54000.50", after: "0.00", hidden: false }],
  ];
  expect((await sync(emptied, true)).items.map((item) => item.changes)).toEqual(changes);
  expect((await sync(emptied)).items.map((item) => item.changes)).toEqual(changes);
  expect([data.units.all(), data.rooms.all(), data.tenantContracts.all()]).toMatchObject([
    [{ goal_rent_cost: 0, is_swimming_pool: false }],
    [{ goal_rent_cost: 0 }],
    [{ price: "0.00" }],
  ]);
  expect(actions(await sync(emptied))).toEqual(Array(3).fill("UNCHANGED"));

  const fresh = await start();
  const { items } = await fresh.sync([contact(31), ...emptied]);
  expect(items.map(({ action }) => action)).toEqual(Array(4).fill("CREATED"));
  expect(items[1]?.changes).toContainEqual({
    field: "goalRentCost",
    before: null,
    after: "0.00",
    hidden: false,
  });
  expect(items[3]?.changes).toContainEqual({ field: "price", before: null, after: "0.00", hidden: false });
  expect(actions(await fresh.sync(emptied))).toEqual(Array(3).fill("UNCHANGED"));
});

test("an Alma that shows nothing for an empty amount is not written again", async () => {
  const { sync, sent, simulator } = await having(contact(31), apartment(12), unit(71, 12));
  simulator.faults.add({
    kind: "transform",
    change: (body) => ({ ...(body as object), goal_rent_cost: null, is_swimming_pool: null }),
    when: ({ method, path }) => method === "GET" && /realty\/(units|rooms)\/(\d|ext)/.test(path),
  });
  expect(actions(await sync(emptied.slice(0, 2)))).toEqual(Array(2).fill("UNCHANGED"));
  expect(sent()).toEqual([]);
});

test("mapBitrix shows the 0, with its rule", async () => {
  const { query } = await start();
  const text =
    "query ($items: [BitrixItemInput!]!) { mapBitrix(items: $items) { fields { almaField value rule } } }";
  const { data } = await query(text, { items: emptied });
  const fieldOf = (index: number, name: string) =>
    data.mapBitrix[index].fields.find(({ almaField }: { almaField: string }) => almaField === name);
  const rule = "The exact amount; in AED only; empty becomes 0.00.";
  expect(fieldOf(0, "goalRentCost")).toEqual({ almaField: "goalRentCost", value: "0.00", rule });
  expect(fieldOf(1, "goalRentCost")).toEqual({ almaField: "goalRentCost", value: "0.00", rule });
  expect(fieldOf(2, "price")).toMatchObject({
    value: "0.00",
    rule: "The exact amount; in AED only; empty becomes 0.00.",
  });
  expect(fieldOf(0, "isSwimmingPool")).toMatchObject({ value: false });
});
