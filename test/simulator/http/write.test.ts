import { expect, test } from "vitest";
import {
  household,
  newClient,
  newOwnerContract,
  newRoom,
  newTenantContract,
  newUnit,
  startAlma,
} from "../alma.ts";

const updates = [
  ["realty/units/1/", { header: "New" }],
  ["realty/units/external_id/u-1/", { header: "New" }],
  ["realty/rooms/11/", { header: "New" }],
  ["realty/rooms/external_id/r-11/", { header: "New" }],
  ["realty/buildings/1001/", { address: "New" }],
  ["realty/buildings/external_id/b-1/", { address: "New" }],
  ["realty/clients/251/", { phone: "New" }],
  ["realty/clients/external_id/c-251/", { phone: "New" }],
  ["realty/contracts/owner_contracts/5/", { work_model: "New" }],
  ["realty/contracts/owner_contracts/external_id/o-5/", { work_model: "New" }],
  ["realty/contracts/tenant_contracts/6/", { history: "New" }],
  ["realty/contracts/tenant_contracts/external_id/t-6/", { history: "New" }],
] as const;

const contracts = {
  ownerContracts: [{ id: 5, unit_id: 1, client_id: 251, external_id: "o-5" }],
  tenantContracts: [{ id: 6, unit_id: 11, client_id: 252, external_id: "t-6" }],
};

test.each(updates)("PATCH %s changes the sent fields only", async (path, body) => {
  const { patch, data } = await startAlma({ data: { ...household, ...contracts } });
  const [field] = Object.keys(body) as [string];
  const tables = [
    data.units,
    data.rooms,
    data.buildings,
    data.clients,
    data.ownerContracts,
    data.tenantContracts,
  ];
  const rows = () => tables.flatMap((table): unknown[] => table.all());
  const before = rows();
  const reply = await patch(path, body);
  expect(reply).toMatchObject({ status: 200, body });
  const changed = rows().filter((row, index) => row !== before[index]);
  expect(changed).toHaveLength(1);
  expect(changed[0]).toEqual({ ...(before[rows().indexOf(changed[0])] as object), [field]: "New" });
});

const creates = [
  ["realty/buildings/", { name: "Second", project: 207 }],
  ["realty/units/", newUnit],
  ["realty/rooms/", newRoom],
  ["users/clients/", newClient],
  ["realty/contracts/owner_contracts/", newOwnerContract],
  ["realty/contracts/tenant_contracts/", newTenantContract],
] as const;

test.each(creates)("POST %s answers in each form of the switch", async (path, body) => {
  const answers = { record: "detail", sent: "sent", id: "id", empty: "empty" } as const;
  for (const writeAnswer of Object.keys(answers) as (keyof typeof answers)[]) {
    const { post, get, simulator } = await startAlma({ data: household, switches: { writeAnswer } });
    const reply = await post(path, body);
    expect(reply.status).toBe(201);
    const kind = path.split("/").at(-2) as string;
    const tables = { owner_contracts: "ownerContracts", tenant_contracts: "tenantContracts" } as const;
    const table = (tables as Record<string, string>)[kind] ?? kind;
    const [row] = simulator.data[table as "units"].all();
    const { body: detail } = await get(`${path.replace("users", "realty")}${row?.id}/`);
    const { id } = detail;
    if (writeAnswer === "record") expect(reply.body).toEqual(detail);
    if (writeAnswer === "id") expect(reply.body).toEqual({ id });
    if (writeAnswer === "empty") expect(reply.body).toBe("");
    if (writeAnswer === "sent") {
      expect(reply.body.id).toBe(id);
      expect(Object.keys(reply.body)).toEqual(expect.arrayContaining(Object.keys(body)));
    }
  }
});

test.each(creates)(
  "POST %s requires every printed field, or only those known to be mandatory",
  async (path, body) => {
    const { post, simulator } = await startAlma({ data: household });
    const optional = ["passport_scan", "id_scan", "co_tenant_id", "co_tenant_id_scan"];
    const required = Object.keys(body).filter((name) => !optional.includes(name));
    expect(Object.keys((await post(path, {})).body).sort()).toEqual(required.sort());
    simulator.switches.requiredFields = "known";
    const known = Object.keys((await post(path, {})).body);
    expect(known.length).toBeGreaterThan(0);
    expect(required).toEqual(expect.arrayContaining(known));
  },
);

test("a duplicate external id is accepted or refused, depending on the switch", async () => {
  const { post, patch, get, simulator } = await startAlma({ data: household });
  const twin = await post("realty/units/", { ...newUnit, external_id: "u-1" });
  expect(twin.status).toBe(201);
  expect((await get("realty/units/external_id/u-1/")).body.id).toBe(twin.body.id);
  simulator.switches.duplicateExternalIds = false;
  const refused = { external_id: ["An object with this external id already exists."] };
  expect((await post("realty/units/", { ...newUnit, name: "110", external_id: "u-1" })).body).toEqual(
    refused,
  );
  expect((await patch("realty/units/2/", { external_id: "u-1" })).body).toEqual(refused);
  expect((await patch("realty/units/2/", { external_id: "u-2" })).status).toBe(200);
  expect((await post("realty/units/", { ...newUnit, name: "111", external_id: "" })).status).toBe(201);
});
