import { describe, expect, test } from "vitest";
import { apartment, contact, type Item, ownerContract, tenantContract, unit, WHOLE } from "../item/items.ts";
import { actions, having } from "./gateway.ts";

const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
const each = (make: (id: number) => Item) => numbers.map(make);
const lease = (id: number) => tenantContract(1_000 + id, id, 9_000 + id);
/** Sixty apartments and contacts. The Bitrix units have apartments' numbers but belong to other apartments. */
const portal = [...each((id) => apartment(id)), ...each((id) => contact(9_000 + id))];
const units = each((id) => unit(id, 61 - id));

describe("the rental object of a tenant contract", () => {
  test("is never an apartment that has the number of its unit", async () => {
    const { sync, sent } = await having(...portal);
    const { items } = await sync(each(lease));
    for (const [index, { action, userErrors }] of items.entries()) {
      expect({ action, userErrors }).toMatchObject({
        action: "FAILED",
        userErrors: [
          {
            code: "MISSING_LINK",
            field: ["items", `${index}`, "item", "ufCrm20_1693919019"],
            message: expect.stringMatching(
              /^The contract names the unit "\d+", and Alma has no unit or room with this Bitrix id; Unit:\d+ is the apartment of this number, not the unit\. Send/,
            ),
          },
        ],
      });
    }
    expect(sent()).toEqual([]);
  });

  test("is the room of its unit, to which a contract on the apartment of that number is moved", async () => {
    const { sync, sent, data } = await having(...portal, ...units, ...each(lease));
    const objectIds = data.tenantContracts.all().map(({ id, unit_id }) => [id, unit_id] as const);
    for (const { id, external_id } of data.tenantContracts.all()) {
      const [stranger] = data.units.by("external_id", `${Number(external_id) - 1_000}`);
      data.tenantContracts.change(id, { unit_id: stranger?.id as number });
    }
    const { items } = await sync(each(lease));
    for (const [index, { action, changes }] of items.entries()) {
      const [stranger] = data.units.by("external_id", `${index + 1}`);
      const [room] = data.rooms.by("external_id", `${index + 1}`);
      expect({ action, changes }).toEqual({
        action: "UPDATED",
        changes: [{ field: "rentalObject", before: stranger?.id, after: room?.id, hidden: false }],
      });
    }
    expect(data.tenantContracts.all().map(({ id, unit_id }) => [id, unit_id])).toEqual(objectIds);
    expect(sent()).toHaveLength(60);
    expect(new Set(actions(await sync(each(lease))))).toEqual(new Set(["UNCHANGED"]));
  });

  test("is not looked up if the contract is archived, at any position", async () => {
    const { sync, sent, data } = await having(apartment(71), apartment(12), unit(71, 12), contact(31));
    await sync([tenantContract(501, 71, 31), tenantContract(502, 71, 31, ended)]);
    sent();
    for (const { id } of data.tenantContracts.all())
      data.tenantContracts.change(id, { unit_id: data.units.by("external_id", "71")[0]?.id as number });
    const [first] = data.tenantContracts.by("external_id", "501");
    data.tenantContracts.change(first?.id as number, { is_archived: true });
    data.rooms.change(data.rooms.all()[0]?.id as number, { external_id: "72" });
    const { items } = await sync([tenantContract(501, 71, 31), tenantContract(502, 71, 31, ended)]);
    expect(items).toMatchObject([
      { action: "UNCHANGED" },
      { action: "FAILED", userErrors: [{ code: "MISSING_LINK" }] },
    ]);
    expect(sent()).toEqual([]);
  });

  test("is an apartment only if it uses the unit's id as its additional id", async () => {
    const whole = apartment(12, { ufCrm6_1736951470242: WHOLE, ufCrm6_1684425402: 71 });
    const { sync, sent, data, simulator } = await having(whole, contact(31), tenantContract(501, 71, 31));
    const [{ id } = { id: 0 }] = data.units.all();
    expect(data.tenantContracts.all()).toMatchObject([{ unit_id: id }]);
    data.units.change(id, { is_used_additional_external_id: false });
    simulator.faults.add({
      kind: "transform",
      change: () => ({ id, external_id: "12", additional_external_id: "71", parent_unit: null }),
      when: ({ path }) => path.includes("rental_object/71"),
    });
    const { items } = await sync([tenantContract(502, 71, 31, ended)]);
    expect(items).toMatchObject([{ action: "FAILED", userErrors: [{ code: "MISSING_LINK" }] }]);
    expect(sent()).toEqual([]);
  });

  test("is the room, also where Alma's lookup prefers the apartment of that number", async () => {
    const { sync, data, simulator } = await having(apartment(71), apartment(12), unit(71, 12), contact(31));
    const [stranger] = data.units.by("external_id", "71");
    simulator.faults.add({
      kind: "transform",
      change: () => ({ id: stranger?.id, external_id: "71", parent_unit: null }),
      when: ({ path }) => path.includes("rental_object/71"),
    });
    expect(actions(await sync([tenantContract(501, 71, 31)]))).toEqual(["CREATED"]);
    expect(data.tenantContracts.all()).toMatchObject([{ unit_id: data.rooms.all()[0]?.id }]);
  });
});

const ended = { ufCrm20ContractStartDate: "2020-01-01", ufCrm20ContractEndDate: "2020-12-31" };

test("the object of an owner contract is not the apartment that represents a unit of that number", async () => {
  const whole = apartment(80, { ufCrm6_1736951470242: WHOLE, ufCrm6_1684425402: 12 });
  const { sync, data } = await having(apartment(12), whole, contact(31), ownerContract(401, 12, 31));
  const [own] = data.units.by("external_id", "12");
  const [stranger] = data.units.by("external_id", "80");
  data.ownerContracts.change(data.ownerContracts.all()[0]?.id as number, { unit_id: stranger?.id as number });
  const { items } = await sync([ownerContract(401, 12, 31)]);
  expect(items).toMatchObject([
    { action: "UPDATED", changes: [{ field: "rentalObject", before: stranger?.id, after: own?.id }] },
  ]);
});

test.each([
  ["an apartment", "units", "unit_id", [ownerContract(401, 12, 31), ownerContract(402, 12, 31)]],
  ["a client", "clients", "client_id", [ownerContract(401, 12, 31), ownerContract(402, 12, 31)]],
] as const)(
  "%s that got another Bitrix id is no longer matched with the item",
  async (_, kind, field, [first, second]) => {
    const { sync, data } = await having(apartment(12), contact(31), first);
    const table = data[kind] as typeof data.clients;
    const [old] = table.all();
    if (!old) throw new Error("There is no record.");
    table.insert({ ...old, id: 7_777, email: "other@example.com" });
    table.change(old.id, { external_id: "99" });
    const { items } = await sync([second]);
    expect(items).toMatchObject([{ action: "CREATED" }]);
    expect(data.ownerContracts.by("external_id", "402")[0]?.[field]).toBe(7_777);
  },
);
