import { expect, test } from "vitest";
import { startAlma } from "./alma.ts";
import { bodies, printed } from "./documented.ts";

/** The records that the document's answers show. */
const records = {
  projects: [
    { id: 518, name: "Project Import 1" },
    { id: 305, name: "Test" },
  ],
  buildings: [{ id: 1075, name: "Building Import 1", project: 518 }],
  files: [
    { id: 0, name: "zero.jpg" },
    { id: 9149, name: "test_logo_ZLCkSIq.jpg" },
    { id: 9148, name: "test_logo.jpg" },
  ],
  units: [
    {
      ...printed.unit,
      building: 1075,
      property_type: "detached_villa",
      parking: "uncovered",
      photos: [],
    },
    { id: 9209, name: "21_01_11", header: "21_01_11", external_id: "21_01_11", building: 1075 },
    { id: 2613, name: "1", building: 1075 },
    { id: 4330, name: "2", building: 1075 },
  ],
  rooms: [
    { ...printed.room, parent_unit: 9209, property_type: "bunk", photos: [] },
    { id: 5533, external_id: "1022", parent_unit: 2613 },
    { id: 9212, external_id: "x", parent_unit: 9209 },
  ],
  clients: [
    { ...printed.client, country: 4, passport_scan: 9149, id_scan: 9148, birthday: "2019-08-24" },
    { id: 250, email: "tenant@example.com" },
    { id: 256, email: "owner@example.com" },
  ],
  ownerContracts: [
    {
      ...printed.ownerContract,
      ...{ usage_id: 1941, client_id: 256, unit_id: 4330 },
      start_date: "2024-10-21",
      end_date: "2024-10-29",
      ...{ contract_with_client_scan: null, property_title_deed_scan: null },
      pml_start_date: "2024-07-22",
      pml_end_date: "2024-08-22",
    },
  ],
  tenantContracts: [
    {
      ...printed.tenantContract,
      ...{ usage_id: 1942, client_id: 250, unit_id: 9212 },
      start_date: "2025-08-21",
      end_date: "2025-08-25",
    },
  ],
};

test.each([
  ["realty/units/9199/", printed.unit],
  ["realty/units/external_id/21_01_8/", printed.unit],
  ["realty/rooms/9211/", printed.room],
  ["realty/rooms/external_id/12_12_12/", printed.room],
  ["realty/rental_object/1022/", printed.rentalObject],
  ["realty/clients/851/", printed.client],
  ["realty/clients/external_id/02_02/", printed.client],
  ["realty/contracts/owner_contracts/542/", printed.ownerContract],
  ["realty/rooms/contracts/owner_contracts/4330/", printed.ownerContract],
  ["realty/contracts/tenant_contracts/969/", printed.tenantContract],
  ["realty/rooms/contracts/tenant_contracts/02_o2/", printed.tenantContract],
])("GET %s answers as documented", async (path, answer) => {
  const { get } = await startAlma({ data: records });
  const reply = await get(path);
  expect(reply.status).toBe(200);
  expect(reply.type).toMatch(/^application\/json/);
  expect(reply.body).toStrictEqual(answer);
  expect(Object.keys(reply.body)).toEqual(Object.keys(answer));
});

test("GET realty/buildings/{id}/ answers as printed, by either id", async () => {
  const { get, data } = await startAlma({
    data: { projects: records.projects, buildings: [{ id: 1088, name: "02_02_03", project: 305 }] },
  });
  expect((await get("realty/buildings/1088/")).body).toStrictEqual(printed.building);
  data.buildings.change(1088, { external_id: "b 1" });
  const reply = await get("realty/buildings/external_id/b%201/");
  expect(reply.body).toStrictEqual({ ...printed.building, external_id: "b 1" });
});

test.each([
  ["realty/units/", { units: printed.units }, printed.units],
  ["realty/rooms/", { rooms: printed.units }, printed.units],
  ["realty/buildings/", { buildings: printed.buildings }, printed.buildings],
  ["realty/clients/", { clients: printed.clients }, printed.clients],
  ["realty/contracts/owner_contracts/", { ownerContracts: printed.contracts }, printed.contracts],
  ["realty/contracts/tenant_contracts/", { tenantContracts: printed.contracts }, printed.contracts],
])("GET %s lists summaries as documented", async (path, data, answer) => {
  const { get } = await startAlma({ data });
  const reply = await get(path);
  expect(reply.status).toBe(200);
  expect(reply.body).toStrictEqual(answer);
});

test.each([
  ["realty/units/", bodies.unit, printed.unit],
  ["realty/rooms/", bodies.room, printed.room],
  ["realty/buildings/", bodies.building, printed.building],
  ["users/clients/", bodies.client, printed.client],
  ["realty/contracts/owner_contracts/", bodies.ownerContract, printed.ownerContract],
  ["realty/contracts/tenant_contracts/", bodies.tenantContract, printed.tenantContract],
])("POST %s accepts the documented body", async (path, body, answer) => {
  const { units, rooms, clients, projects, buildings, files } = records;
  const { post } = await startAlma({
    data: {
      projects,
      buildings,
      files,
      units: units.slice(1),
      rooms: rooms.slice(2),
      clients: clients.slice(1),
    },
  });
  const reply = await post(path, body);
  expect(reply.status).toBe(201);
  expect(Object.keys(reply.body)).toEqual(Object.keys(answer));
});
