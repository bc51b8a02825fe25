import { describe, expect, test } from "vitest";
import { apartment, contact, type Item, ownerContract, tenantContract, unit } from "../item/items.ts";
import { actions, start } from "./gateway.ts";

const STATION = "ufCrm6_1682233481671";

describe("an item that fails", () => {
  test("fails all items that depend on it, with the reason, and no others", async () => {
    const { sync, sent } = await start();
    const { items } = await sync([
      tenantContract(501, 71, 31),
      apartment(13),
      unit(71, 12),
      contact(31),
      unit(72, 13),
      apartment(12, { [STATION]: 6578 }),
      tenantContract(502, 72, 31),
      ownerContract(401, 12, 31),
    ]);
    expect(items.map(({ action }) => action)).toEqual([
      "FAILED",
      "CREATED",
      "FAILED",
      "CREATED",
      "CREATED",
      "FAILED",
      "CREATED",
      "FAILED",
    ]);
    expect(items[5]?.userErrors).toMatchObject([
      { code: "UNKNOWN_OPTION", field: ["items", "5", "item", STATION] },
    ]);
    const reason = `The option 6578 of the Bitrix field "${STATION}" is not in the table subwayStation of the mapping dubai.`;
    expect(items[5]?.userErrors[0]?.message).toContain(reason);
    const onApartment = `It depends on the apartment "12" (items.5), which failed: ${reason}`;
    const onUnit = `It depends on the unit "71" (items.2), which failed: ${onApartment}`;
    const place = (index: number) => ["items", `${index}`, "item"];
    expect(items[2]?.userErrors).toEqual([{ code: "PARENT_FAILED", field: place(2), message: onApartment }]);
    expect(items[0]?.userErrors).toEqual([{ code: "PARENT_FAILED", field: place(0), message: onUnit }]);
    expect(items[7]?.userErrors).toMatchObject([{ code: "PARENT_FAILED" }]);
    expect(sent().map(([call]) => call)).toEqual([
      "POST realty/buildings/",
      "POST realty/units/",
      "POST realty/rooms/",
      "POST users/clients/",
      "POST realty/contracts/tenant_contracts/",
    ]);
  });

  test("reports all its errors together, each at its Bitrix field", async () => {
    const { sync } = await start();
    const { items } = await sync([
      unit(71, 12, { ufCrm8_1698838056004: 7, ufCrm8_1699620518232: "a lot", ufCrm8_1684429208: [] }),
      contact(31, { NAME: "", BIRTHDATE: "soon" }),
      contact(32, { ID: "" }),
    ]);
    const told = items.map(({ userErrors }) =>
      userErrors.map(({ code, field }) => [code, field?.slice(1).join(".")]),
    );
    expect(told).toEqual([
      [
        ["MISSING_LINK", "0.item.ufCrm8_1684429208"],
        ["UNKNOWN_OPTION", "0.item.ufCrm8_1698838056004"],
        ["INVALID", "0.item.ufCrm8_1699620518232"],
      ],
      [
        ["REQUIRED", "1.item.NAME"],
        ["INVALID", "1.item.BIRTHDATE"],
      ],
      [["REQUIRED", "2.item.ID"]],
    ]);
  });

  test("for a missing required field reports it with or without its apartment, and with the apartment's error", async () => {
    const { sync, sent } = await start();
    const bare = unit(71, 12, { ufCrm8_1698838056004: "" });
    const codes = async (...items: Item[]) =>
      (await sync(items)).items[0]?.userErrors.map(({ code, field }) => `${code} ${field?.at(-1)}`);
    const required = "REQUIRED ufCrm8_1698838056004";
    expect(await codes(bare)).toEqual([required, "MISSING_LINK ufCrm8_1684429208"]);
    expect(await codes(bare, apartment(12, { [STATION]: 6578 }))).toEqual([required, "PARENT_FAILED item"]);
    expect(await codes(bare, apartment(12))).toEqual([required]);
    expect(await codes(bare)).toEqual([required]);
    expect(await codes(unit(71, 12), apartment(12))).toEqual([]);
    expect(await codes(bare)).toEqual([required]);
    expect(sent().filter(([call]) => call.includes("rooms"))).toHaveLength(1);
  });

  test("because Alma keeps answering 429 succeeds when the sync is repeated", async () => {
    const { sync, simulator } = await start({}, { ALMA_TIMEOUT: "1" });
    const isClient = ({ method, path }: { method: string; path: string }) =>
      method === "POST" && path.endsWith("clients/");
    const fault = simulator.faults.add({ kind: "status", status: 429, when: isClient });
    const flow = [apartment(12), unit(71, 12), contact(31), tenantContract(501, 71, 31)];
    const first = await sync(flow);
    expect(actions(first)).toEqual(["CREATED", "CREATED", "FAILED", "FAILED"]);
    expect(first.items[2]?.userErrors).toMatchObject([
      { code: "NOT_DONE", message: expect.stringMatching(/Sending the same again is safe\.$/) },
    ]);
    fault.remove();
    expect(actions(await sync(flow))).toEqual(["UNCHANGED", "UNCHANGED", "CREATED", "CREATED"]);
  });
});
