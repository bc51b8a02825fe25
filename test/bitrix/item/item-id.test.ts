import { describe, expect, test } from "vitest";
import { loadMapping } from "../../../src/capabilities/bitrix/mapping/load-mapping.ts";
import { actions, having, start } from "../sync/gateway.ts";
import { apartment, contact, tenantContract } from "./items.ts";

const mapping = loadMapping();
const UNIT = "ufCrm8_1684429208";
const noIds = [
  "{{ID}}",
  "{{contact_id}}",
  "-5",
  -5,
  "abc",
  "12a",
  "1 2",
  "1.5",
  1.5,
  "12,13",
  "1e3",
  "#12",
  "X_12",
  "T_12",
];

describe("the id of an item", () => {
  test.each([
    ["apartment", "12", "12"],
    ["apartment", 12, "12"],
    ["apartment", " 012 ", "12"],
    ["apartment", "\x1c12\x85\u00a0", "12"],
    ["apartment", "\u2003T90_12\x1f", "12"],
    ["apartment", "T90_12", "12"],
    ["apartment", "DYNAMIC_144_12", "12"],
    ["contact", "C_31", "31"],
    ["contact", "CONTACT_31", "31"],
    ["ownerContract", "Tbe_401", "401"],
  ] as const)("of kind %s is read from %j", (kind, id, expected) => {
    expect(mapping.map(kind, { id }).id).toBe(expected);
  });

  test.each([...noIds, "TB7_12", "C_12"])("%j is refused", (id) => {
    const { id: read, errors } = mapping.map("apartment", { id });
    expect(read).toBeUndefined();
    expect(errors).toContainEqual(expect.objectContaining({ field: "id" }));
  });

  test.each(noIds)("%j is refused where an item names another", (id) => {
    const { links, errors } = mapping.map("unit", { id: 71, [UNIT]: id });
    expect(links.apartment).toBeUndefined();
    expect(errors).toContainEqual(expect.objectContaining({ code: "INVALID", field: UNIT }));
    // Items of other types do not count.
    if (/^[XT]_/.test(String(id))) return;
    const several = mapping.map("apartment", { id: 12, ufCrm6_1684425402: [71, id] });
    expect(several.errors).toContainEqual(
      expect.objectContaining({ code: "INVALID", field: "ufCrm6_1684425402" }),
    );
  });

  test("is reported as wrong, with the value", () => {
    const { errors } = mapping.map("contact", { ID: "{{ID}}" });
    expect(errors.map(({ code, message }) => [code, message])).toContainEqual([
      "INVALID",
      'An item needs its id in Bitrix, but "ID" is wrong: "{{ID}}" is not the id of an item: in Bitrix those are digits. Replace placeholders before you send the item. Send the item as crm.item.get or crm.contact.get returns it.',
    ]);
  });

  test("fails only its item if it is wrong", async () => {
    const { sync, sent } = await having(apartment(12));
    const done = await sync([
      { ...apartment(12), item: { ...apartment(12).item, id: "{{id}}" } },
      contact(31),
      tenantContract(501, "{{unit}}" as never, 31),
    ]);
    expect(actions(done)).toEqual(["FAILED", "CREATED", "FAILED"]);
    expect(sent()).toHaveLength(1);
  });

  test("of a record is free if a caller sets it", async () => {
    const { query } = await start();
    const { data } = await query(
      'mutation { createBuilding(input: { name: "B", externalId: "-5 abc" }) { building { externalId } userErrors { code } } }',
    );
    expect(data.createBuilding).toEqual({ building: { externalId: "-5 abc" }, userErrors: [] });
  });
});
