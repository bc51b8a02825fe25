import { expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { start } from "../start.ts";

const unit = {
  additional_external_id: "",
  is_used_additional_external_id: false,
  header: "109",
  number: "0",
  internal_area: 0,
  photos: [],
  goal_rent_cost: 0,
  address: "",
  number_of_bedrooms: 0,
  number_of_baths: 0,
  is_roof_garden: false,
  parking: "not_applicable",
  is_swimming_pool: false,
  total_buildable_area: 0,
  floor: null,
  internet_login: "",
  internet_password: "",
  subway_station: "",
  parking_number: "",
  keybox_code: null,
  electronic_lock_password: null,
};
const contract = {
  name: "Lease",
  start_date: "2030-01-01T00:00:00",
  end_date: "2030-12-31T00:00:00",
  unit_id: 1,
  client_id: 251,
};
const created =
  '{ almaId: 1 }, client: { almaId: 251 }, startDate: "2030-01-01", endDate: "2030-12-31", name: "Lease"';

/**
 * Mutations for every write of Alma: the route that each must call, and the body that it must send. The path has the
 * record's Alma id, whichever ref the mutation uses.
 */
const routes: readonly (readonly [mutation: string, route: string, body: object])[] = [
  [
    'createUnit(input: { externalId: "u-9", name: "109", building: { almaId: 1001 }, propertyType: "studio" })',
    "POST realty/units/",
    { ...unit, external_id: "u-9", name: "109", building: 1001, property_type: "studio" },
  ],
  [
    'updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" })',
    "PATCH realty/units/1/",
    { address: "Pier 7" },
  ],
  [
    'updateUnit(ref: { externalId: "u-1" }, input: { goalRentCost: "12000.10", floor: null })',
    "PATCH realty/units/1/",
    { goal_rent_cost: 12000.1, floor: null },
  ],
  ['archiveUnit(ref: { id: "Unit:1" })', "PATCH realty/units/1/archive/", { is_archived: true }],
  ['archiveUnit(ref: { externalId: "u-1" })', "PATCH realty/units/1/archive/", { is_archived: true }],
  ["unarchiveUnit(ref: { almaId: 1 })", "PATCH realty/units/1/archive/", { is_archived: false }],
  ["blockUnit(ref: { almaId: 1 })", "PATCH realty/units/1/block/", { is_blocked: true }],
  ['blockUnit(ref: { externalId: "u-1" })', "PATCH realty/units/1/block/", { is_blocked: true }],
  ["unblockUnit(ref: { almaId: 1 })", "PATCH realty/units/1/block/", { is_blocked: false }],
  [
    'createRoom(input: { externalId: "r-9", name: "3", parentUnit: { almaId: 1 }, propertyType: "bunk", photos: [9147, 9146] })',
    "POST realty/rooms/",
    {
      external_id: "r-9",
      name: "3",
      header: "3",
      goal_rent_cost: 0,
      internal_area: 0,
      photos: [{ external_file_id: 9147 }, { external_file_id: 9146 }],
      parent_unit: 1,
      property_type: "bunk",
    },
  ],
  ["updateUnit(ref: { almaId: 1 }, input: { number: null })", "PATCH realty/units/1/", { number: "0" }],
  ['updateUnit(ref: { almaId: 1 }, input: { number: "" })', "PATCH realty/units/1/", { number: "0" }],
  ['updateRoom(ref: { almaId: 11 }, input: { number: "5" })', "PATCH realty/rooms/11/", { number: "5" }],
  [
    'updateRoom(ref: { externalId: "r-11" }, input: { internalArea: 9.5 })',
    "PATCH realty/rooms/11/",
    { internal_area: 9.5 },
  ],
  ["archiveRoom(ref: { almaId: 11 })", "PATCH realty/rooms/11/archive/", { is_archived: true }],
  ['unarchiveRoom(ref: { externalId: "r-11" })', "PATCH realty/rooms/11/archive/", { is_archived: false }],
  ["blockRoom(ref: { almaId: 11 })", "PATCH realty/rooms/11/block/", { is_blocked: true }],
  ['unblockRoom(ref: { externalId: "r-11" })', "PATCH realty/rooms/11/block/", { is_blocked: false }],
  [
    'createBuilding(input: { name: "Palm", project: 207, address: "Crescent", number: "5", externalId: "b-9" })',
    "POST realty/buildings/",
    { name: "Palm", project: 207, address: "Crescent", number: "5", external_id: "b-9" },
  ],
  [
    'updateBuilding(ref: { almaId: 1001 }, input: { number: "7" })',
    "PATCH realty/buildings/1001/",
    { number: "7" },
  ],
  [
    'updateBuilding(ref: { externalId: "b-1" }, input: { externalId: null, address: null })',
    "PATCH realty/buildings/1001/",
    { external_id: "", address: "" },
  ],
  [
    'createClient(input: { externalId: "c-9", firstName: "Lea", lastName: "Bauer", email: "lea@example.com", birthday: "1990-02-28", passportScan: 9146, country: "7" })',
    "POST users/clients/",
    {
      external_id: "c-9",
      first_name: "Lea",
      last_name: "Bauer",
      email: "lea@example.com",
      phone: "",
      country: 7,
      birthday: "1990-02-28T00:00:00",
      passport_scan: 9146,
    },
  ],
  [
    'updateClient(ref: { almaId: 251 }, input: { phone: "+1" })',
    "PATCH realty/clients/251/",
    { phone: "+1" },
  ],
  [
    'updateClient(ref: { externalId: "c-251" }, input: { birthday: null })',
    "PATCH realty/clients/251/",
    { birthday: null },
  ],
  [
    `createOwnerContract(input: { externalId: "o-9", rentalObject: ${created}, workModel: "TM 10%", pmlStartDate: "2030-01-01", dtcmPermitScan: 9147 })`,
    "POST realty/contracts/owner_contracts/",
    {
      ...contract,
      external_id: "o-9",
      contract_with_client_scan: null,
      property_title_deed_scan: null,
      property_management_letter_scan: null,
      dtcm_permit_scan: 9147,
      pml_start_date: "2030-01-01T00:00:00",
      pml_end_date: null,
      work_model: "TM 10%",
    },
  ],
  [
    'updateOwnerContract(ref: { almaId: 501 }, input: { endDate: "2031-01-01" })',
    "PATCH realty/contracts/owner_contracts/501/",
    { end_date: "2031-01-01T00:00:00" },
  ],
  [
    'updateOwnerContract(ref: { externalId: "o-501" }, input: { workModel: null })',
    "PATCH realty/contracts/owner_contracts/501/",
    { work_model: "" },
  ],
  [
    `createTenantContract(input: { externalId: "t-9", rentalObject: ${created}, price: "9007199254740993.10", coTenantId: "X1" })`,
    "POST realty/contracts/tenant_contracts/",
    {
      ...contract,
      external_id: "t-9",
      price: "9007199254740993.10",
      contract_scan: null,
      co_tenant: "",
      history: "",
      type_contract: "",
      co_tenant_id: "X1",
    },
  ],
  [
    'updateTenantContract(ref: { almaId: 901 }, input: { price: "0.10" })',
    "PATCH realty/contracts/tenant_contracts/901/",
    { price: "0.10" },
  ],
  [
    'updateTenantContract(ref: { externalId: "t-901" }, input: { history: "moved", rentalObject: { externalId: "r-12" } })',
    "PATCH realty/contracts/tenant_contracts/901/",
    { history: "moved", unit_id: 12 },
  ],
];

test("every mutation calls its route with exactly its body", async () => {
  const data = {
    ...household,
    ownerContracts: [{ id: 501, unit_id: 2, client_id: 251, external_id: "o-501", start_date: "2024-01-01" }],
    tenantContracts: [
      {
        id: 901,
        unit_id: 2,
        client_id: 252,
        external_id: "t-901",
        start_date: "2024-01-01",
        end_date: "2024-02-01",
      },
    ],
  };
  for (const [mutation, route, body] of routes) {
    const { mutate, sent } = await start({ data });
    const { userErrors } = await mutate(mutation, "__typename");
    expect([mutation, userErrors, sent()]).toEqual([mutation, [], [[route, body]]]);
  }
}, 120_000);
