import { expect, test } from "vitest";
import { household, newOwnerContract, newTenantContract, startAlma } from "../alma.ts";

const owners = "realty/contracts/owner_contracts/";
const tenants = "realty/contracts/tenant_contracts/";
const refusedFor = (sentence: string) => ({ status: 400, body: { non_field_errors: [sentence] } });
const overlap = refusedFor("The dates overlap with another contract on this unit.");
const blocked = refusedFor("The unit is blocked, a contract cannot be created on it.");

test("truncates dates to the day as written, ignoring time and zone", async () => {
  const { post, patch } = await startAlma({ data: household });
  const made = await post(owners, {
    ...newOwnerContract,
    pml_start_date: "2024-07-22T23:59:59.123456+04:00",
  });
  expect(made.body).toMatchObject({
    start_date: "2025-01-01T00:00:00",
    end_date: "2025-12-31T00:00:00",
    external_id: "4330",
    pml_start_date: "2024-07-22T00:00:00",
    pml_end_date: null,
  });
  expect((await patch(`${owners}${made.body.id}/`, { pml_end_date: "2025-02-30T00:00:00" })).body).toEqual({
    pml_end_date: [expect.stringMatching(/^Datetime has wrong format/)],
  });
});

test("a price is an exact decimal of two places, in a string", async () => {
  const { post, patch } = await startAlma({ data: household });
  const { body } = await post(tenants, { ...newTenantContract, price: "90071992547409931.1" });
  expect(body.price).toBe("90071992547409931.10");
  const change = async (price: unknown) => (await patch(`${tenants}${body.id}/`, { price })).body.price;
  expect(await change(12.5)).toBe("12.50");
  expect(await change("12.505")).toEqual(["Ensure that there are no more than 2 decimal places."]);
  expect(await change("1e3")).toEqual(["A valid number is required."]);
});

test("an owner contract requires a unit", async () => {
  const { post, patch, simulator } = await startAlma({ data: household });
  const refused = { unit_id: ["An owner contract can be created only on an apartment."] };
  expect(await post(owners, { ...newOwnerContract, unit_id: 11 })).toMatchObject({
    status: 400,
    body: refused,
  });
  const { body } = await post(owners, newOwnerContract);
  simulator.switches.refusalStatus = 403;
  expect(await patch(`${owners}${body.id}/`, { unit_id: 11 })).toMatchObject({ status: 403, body: refused });
});

test("a contract requires an existing unit or room and an existing client", async () => {
  const { post } = await startAlma({ data: household });
  expect((await post(tenants, { ...newTenantContract, unit_id: 1001, client_id: null })).body).toEqual({
    unit_id: ['Invalid pk "1001" - object does not exist.'],
    client_id: ["This field may not be null."],
  });
});

test("tenant contracts on one object may not overlap", async () => {
  const { post } = await startAlma({ data: household });
  expect((await post(tenants, newTenantContract)).status).toBe(201);
  const dates = (start_date: string | null, end_date: string | null) =>
    post(tenants, { ...newTenantContract, start_date, end_date });
  expect(await dates("2025-06-30T00:00:00", "2025-07-30T00:00:00")).toMatchObject(overlap);
  expect(await dates("2025-05-01T00:00:00", "2025-06-01T00:00:00")).toMatchObject(overlap);
  expect(await dates(null, null)).toMatchObject(overlap);
  expect((await dates("2025-07-01T00:00:00", null)).status).toBe(201);
  expect(await dates("2030-01-01T00:00:00", "2030-02-01T00:00:00")).toMatchObject(overlap);
  expect((await post(tenants, { ...newTenantContract, unit_id: 12 })).status).toBe(201);
  expect((await post(owners, newOwnerContract)).status).toBe(201);
});

test("an archived contract does not count as an overlap", async () => {
  const { post, data } = await startAlma({ data: household });
  const { body } = await post(tenants, newTenantContract);
  data.tenantContracts.change(body.id as number, { is_archived: true });
  expect((await post(tenants, newTenantContract)).status).toBe(201);
});

test("an overlap can be an exception, which writes nothing", async () => {
  const { post, data, simulator } = await startAlma({
    data: household,
    switches: { overlapAnswer: "exception" },
  });
  await post(tenants, newTenantContract);
  const reply = await post(tenants, newTenantContract);
  expect(reply).toMatchObject({ status: 500, body: expect.stringContaining("Server Error (500)") });
  expect(data.tenantContracts.size).toBe(1);
  expect(simulator.log.entries.at(-1)?.error).toMatch(/overlap/);
});

test("only changes of dates are checked for overlaps", async () => {
  const { post, patch } = await startAlma({ data: household });
  await post(tenants, newTenantContract);
  const july = { start_date: "2025-07-01T00:00:00", end_date: "2025-07-31T00:00:00" };
  const { body } = await post(tenants, { ...newTenantContract, ...july });
  const path = `${tenants}${body.id}/`;
  expect(await patch(path, { start_date: "2025-06-30T00:00:00" })).toMatchObject(overlap);
  expect((await patch(path, { start_date: "2025-07-02T00:00:00" })).status).toBe(200);
  expect((await patch(path, { history: "x", unit_id: 11 })).status).toBe(200);
});

test("refuses contracts of both kinds on a blocked object, whatever its status", async () => {
  const { post, patch, get, data } = await startAlma({ data: household });
  expect((await patch("realty/units/1/block/", { is_blocked: true })).status).toBe(200);
  expect((await get("realty/units/1/")).body.status).toBe("available");
  expect(await post(owners, newOwnerContract)).toMatchObject(blocked);
  expect(await post(tenants, { ...newTenantContract, unit_id: 1 })).toMatchObject(blocked);
  // A block on a unit also blocks its rooms.
  expect(await post(tenants, newTenantContract)).toMatchObject(blocked);
  expect(data.tenantContracts.size + data.ownerContracts.size).toBe(0);
});

test("a planned block refuses contracts in its period", async () => {
  const { post, data } = await startAlma({ data: household });
  data.blocks.insert({ unit_id: 11, start_date: "2025-06-20", end_date: "2025-06-25" });
  expect(await post(tenants, newTenantContract)).toMatchObject(blocked);
  const later = { start_date: "2025-06-26T00:00:00", end_date: "2025-06-30T00:00:00" };
  expect((await post(tenants, { ...newTenantContract, ...later })).status).toBe(201);
});

test.each([
  ["both", 400, 400],
  ["room", 400, 201],
  ["apartment", 201, 400],
] as const)(
  "a unit let as a whole with a room refuses tenant contracts: %s",
  async (nonSharingRefusal, room, unit) => {
    const { post, data } = await startAlma({ data: household, switches: { nonSharingRefusal } });
    const attached = data.rooms.insert({ parent_unit: 2, name: "1" });
    expect((await post(tenants, { ...newTenantContract, unit_id: attached.id })).status).toBe(room);
    expect((await post(tenants, { ...newTenantContract, unit_id: 2 })).status).toBe(unit);
  },
);

test("a unit let as a whole without a room accepts a contract", async () => {
  const { post } = await startAlma({ data: household });
  expect((await post(tenants, { ...newTenantContract, unit_id: 2 })).status).toBe(201);
});

test("the client of a contract cannot be changed", async () => {
  const { post, patch } = await startAlma({ data: household });
  const { body } = await post(tenants, newTenantContract);
  expect(await patch(`${tenants}${body.id}/`, { client_id: 251 })).toMatchObject({
    status: 400,
    body: { client_id: ["The client of a contract cannot be changed."] },
  });
  expect((await patch(`${tenants}${body.id}/`, { client_id: 252, history: "x" })).status).toBe(200);
});

test("an archived contract cannot be changed", async () => {
  const { post, patch, data } = await startAlma({ data: household });
  const { body } = await post(owners, newOwnerContract);
  data.ownerContracts.change(body.id as number, { is_archived: true });
  expect(await patch(`${owners}external_id/4330/`, { work_model: "TM 20%" })).toMatchObject(
    refusedFor("It is forbidden to edit the archive usage."),
  );
});

test("scans are files, and can be removed from a contract", async () => {
  const { post, patch } = await startAlma({ data: household });
  const { body } = await post(tenants, { ...newTenantContract, contract_scan: 9146 });
  expect(body.contract_scan).toBe(
    `/private-media/127/contracts_files/tenant_contract_${body.id}/contract_scan/one.jpg`,
  );
  expect((await patch(`${tenants}${body.id}/`, { contract_scan: null })).body.contract_scan).toBeNull();
  expect((await patch(`${tenants}${body.id}/`, { contract_scan: 5 })).body).toEqual({
    contract_scan: ['Invalid pk "5" - object does not exist.'],
  });
});

test.each([
  ["printed", 200, 405],
  ["external_id", 404, 200],
  ["both", 200, 200],
  ["none", 404, 405],
] as const)(
  "a contract is found by its Bitrix id in the form: %s",
  async (contractForm, printed, external) => {
    const { get, post, patch } = await startAlma({ data: household, switches: { contractForm } });
    await post(owners, newOwnerContract);
    expect((await get("realty/rooms/contracts/owner_contracts/4330/")).status).toBe(printed);
    expect((await get(`${owners}external_id/4330/`)).status).toBe(external);
    expect((await patch(`${owners}external_id/4330/`, { name: "x" })).status).toBe(200);
  },
);
