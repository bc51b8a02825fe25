import { describe, expect, test } from "vitest";
import { apartment, contact, ownerContract, tenantContract, unit } from "../item/items.ts";
import { actions, having, start } from "./gateway.ts";

const START = "ufCrm20ContractStartDate";
const END = "ufCrm20ContractEndDate";
const home = [apartment(12), unit(71, 12), contact(31), contact(32)];
const lease = tenantContract(501, 71, 31);
const nextYear = tenantContract(502, 71, 32, { [START]: "2027-01-01", [END]: "2027-12-31" });

describe("a contract", () => {
  test("is created complete, with dates as days, on the named rental object and client", async () => {
    const { sync, sent, data } = await having(...home);
    expect(actions(await sync([lease, ownerContract(401, 12, 32)]))).toEqual(["CREATED", "CREATED"]);
    const client = (bx: string) => data.clients.by("external_id", bx)[0]?.id;
    const calls = new Map(sent());
    expect(calls.get("POST realty/contracts/tenant_contracts/")).toMatchObject({
      external_id: "501",
      name: "Lease 501",
      unit_id: data.rooms.all()[0]?.id,
      client_id: client("31"),
      start_date: expect.stringMatching(/^2026-01-01/),
      end_date: expect.stringMatching(/^2026-12-31/),
      price: "54000.50",
      contract_scan: null,
      type_contract: "Long-term 3+ months",
    });
    expect(calls.get("POST realty/contracts/owner_contracts/")).toMatchObject({
      unit_id: data.units.all()[0]?.id,
      client_id: client("32"),
      start_date: expect.stringMatching(/^2025-01-01/),
      work_model: "TM 10%",
    });
  });

  test("that overlaps another one fails alone, and the error names the other", async () => {
    const { sync, data } = await having(...home, lease);
    const { items } = await sync([
      tenantContract(502, 71, 32, { [START]: "2026-12-31", [END]: "2027-06-30" }),
      lease,
      ownerContract(401, 12, 32),
    ]);
    const [inTheWay] = data.tenantContracts.all();
    expect(items.map(({ action }) => action)).toEqual(["FAILED", "UNCHANGED", "CREATED"]);
    expect(items[0]?.userErrors).toMatchObject([
      { code: "OVERLAP", message: expect.stringContaining(`TenantContract:${inTheWay?.id}`) },
    ]);
  });

  test("that now ends earlier is written before a new one, whatever their order", async () => {
    const { sync, sent } = await having(...home, lease);
    const early = tenantContract(502, 71, 32, { [START]: "2026-07-01", [END]: "2027-06-30" });
    const done = await sync([early, tenantContract(501, 71, 31, { [END]: "2026-06-30" })]);
    expect(actions(done)).toEqual(["CREATED", "UPDATED"]);
    expect(sent().map(([call]) => call.split(" ")[0])).toEqual(["PATCH", "POST"]);
  });

  test("that names another unit is moved to its room", async () => {
    const { sync, sent, data } = await having(...home, unit(72, 12, { ufCrm8_1698838056004: 1296 }), lease);
    const target = data.rooms.by("external_id", "72")[0]?.id;
    const { items } = await sync([tenantContract(501, 72, 31)]);
    expect(items).toMatchObject([{ action: "UPDATED", changes: [{ field: "rentalObject", after: target }] }]);
    expect(sent()).toEqual([[expect.stringMatching(/^PATCH/), { unit_id: target }]]);
  });

  test("that names another contact is refused: Alma cannot change the client", async () => {
    const { sync, sent, data } = await having(...home, lease);
    const { items } = await sync([tenantContract(501, 71, 32, { opportunity: "60000" })]);
    const [{ id, client_id } = { id: 0, client_id: 0 }] = data.tenantContracts.all();
    const message =
      `TenantContract:${id} is with Client:${client_id} in Alma, and the item names the contact "32". Alma cannot ` +
      "give a contract to another client: end this one, and make a new contract in Bitrix.";
    expect(items).toMatchObject([
      {
        action: "FAILED",
        userErrors: [{ code: "REJECTED", field: ["items", "0", "item", "contactId"], message }],
      },
    ]);
    expect(sent()).toEqual([]);
  });

  test("that is archived is UNCHANGED if it is equal, and refused if it differs", async () => {
    const { sync, sent, data } = await having(...home, lease);
    data.tenantContracts.change(data.tenantContracts.all()[0]?.id ?? 0, { is_archived: true });
    expect(actions(await sync([lease]))).toEqual(["UNCHANGED"]);
    const { items } = await sync([tenantContract(501, 71, 31, { opportunity: "60000" }), nextYear]);
    expect(items).toMatchObject([
      { action: "FAILED", userErrors: [{ code: "ARCHIVED" }] },
      { action: "CREATED" },
    ]);
    expect(sent().map(([call]) => call.split(" ")[0])).toEqual(["POST"]);
  });

  test("on a blocked room is refused", async () => {
    const { sync, query, data } = await having(...home);
    const room = data.rooms.all()[0]?.id;
    await query(`mutation { blockRoom(ref: { almaId: ${room} }) { userErrors { code } } }`);
    const { items } = await sync([lease]);
    expect(items).toMatchObject([{ action: "FAILED", userErrors: [{ code: "BLOCKED" }] }]);
  });
});

describe("a client", () => {
  test("with the e-mail address of another one is refused at the Bitrix field, and fails its own contract only", async () => {
    const { sync } = await having(apartment(12), unit(71, 12), contact(31));
    const { items } = await sync([
      contact(32, { UF_Email_for_Alma: "CONTACT-31@example.com" }),
      ownerContract(401, 12, 32),
      lease,
    ]);
    expect(items).toMatchObject([
      {
        action: "FAILED",
        userErrors: [{ code: "NOT_UNIQUE", field: ["items", "0", "item", "UF_Email_for_Alma"] }],
      },
      { action: "FAILED", userErrors: [{ code: "PARENT_FAILED" }] },
      { action: "CREATED" },
    ]);
  });

  test("gets fields from a contract's item that its own item leaves empty", async () => {
    const { sync, data } = await start();
    const items = [apartment(12), unit(71, 12), contact(31, { PHONE: [] }), contact(32)];
    const phone = { Phone_work_0: "+971509999999" };
    const done = await sync([
      ...items,
      tenantContract(501, 71, 31, phone),
      ownerContract(401, 12, 32, phone),
    ]);
    expect(actions(done)).toEqual(Array(6).fill("CREATED"));
    const phones = ["31", "32"].map((bx) => data.clients.by("external_id", bx)[0]?.phone);
    expect(phones).toEqual(["+971509999999", "+971501234567"]);
  });
});
