import type {
  BuildingRow,
  ClientRow,
  OwnerContractRow,
  RoomRow,
  TenantContractRow,
  UnitRow,
  World,
} from "./world.ts";

/** Adds a row with the given fields; the others are as an untouched form leaves them. */
export function addBuilding(world: World, given: Partial<BuildingRow> = {}): BuildingRow {
  const id = given.id ?? world.nextId("buildings");
  world.projects.set(207, "Проект «Пальма»");
  const row: BuildingRow = {
    name: `Building ${id}`,
    project: 207,
    number_of_units: 0,
    address: `${id} Sheikh Zayed Road`,
    is_archived: false,
    number: "",
    external_id: "",
    ...given,
    id,
  };
  world.buildings.set(id, row);
  return row;
}

const rental = (id: number) => ({
  external_id: "",
  name: `N${id}`,
  header: `Header ${id}`,
  number: String(id),
  internal_area: 55.5,
  status: "available",
  project: 207,
  is_archived: false,
  photos: [],
  goal_rent_cost: "1200.50",
  keybox_code: null,
  electronic_lock_password: null,
});

export function addUnit(world: World, given: Partial<UnitRow> = {}): UnitRow {
  const id = given.id ?? world.nextId("units");
  const row: UnitRow = {
    ...rental(id),
    building: null,
    property_type: "apartment",
    additional_external_id: "",
    is_used_additional_external_id: false,
    address: "",
    address_number: "",
    number_of_bedrooms: 1,
    number_of_baths: 1,
    is_roof_garden: false,
    parking: "not_applicable",
    plot: null,
    is_swimming_pool: false,
    covered_verandas: null,
    uncovered_verandas: null,
    lower_level: null,
    storage: null,
    total_buildable_area: 55.5,
    floor: null,
    internet_login: "",
    internet_password: "",
    subway_station: "",
    parking_number: "",
    ...given,
    id,
  };
  world.units.set(id, row);
  return row;
}

export function addRoom(world: World, given: Partial<RoomRow> = {}): RoomRow {
  const id = given.id ?? world.nextId("rooms");
  const parent = given.parent_unit ?? null;
  const building = parent === null ? null : (world.units.get(parent)?.building ?? null);
  const row: RoomRow = { ...rental(id), parent_unit: parent, building, property_type: "room", ...given, id };
  world.rooms.set(id, row);
  return row;
}

export function addClient(world: World, given: Partial<ClientRow> = {}): ClientRow {
  const id = given.id ?? world.nextId("clients");
  const row: ClientRow = {
    external_id: "",
    first_name: `First ${id}`,
    last_name: `Last ${id}`,
    status: "active",
    email: `client${id}@example.org`,
    phone: "+971500000000",
    passport: "",
    country: 4,
    id_number: "",
    passport_scan: null,
    id_scan: null,
    birthday: "1980-02-29",
    ...given,
    id,
  };
  world.clients.set(id, row);
  return row;
}

/** The usage of a rental object by a client. */
interface Tie {
  unit?: number | null;
  client?: number | null;
  is_archived?: boolean | null;
}

const contract = (world: World, id: number, tie: Tie) => ({
  external_id: "",
  name: `Contract ${id}`,
  number: "",
  start_date: "2024-01-01",
  end_date: "2030-12-31",
  usage: { id: world.nextId("usages"), unit: null, client: null, is_archived: false, ...tie },
});

export function addOwnerContract(
  world: World,
  tie: Tie = {},
  given: Partial<OwnerContractRow> = {},
): OwnerContractRow {
  const id = given.id ?? world.nextId("owner_contracts");
  const row: OwnerContractRow = {
    ...contract(world, id, tie),
    contract_with_client_scan: null,
    property_title_deed_scan: null,
    property_management_letter_scan: null,
    dtcm_permit_scan: null,
    pml_start_date: null,
    pml_end_date: null,
    work_model: "TM 10%",
    ...given,
    id,
  };
  world.owner_contracts.set(id, row);
  return row;
}

export function addTenantContract(
  world: World,
  tie: Tie = {},
  given: Partial<TenantContractRow> = {},
): TenantContractRow {
  const id = given.id ?? world.nextId("tenant_contracts");
  const row: TenantContractRow = {
    ...contract(world, id, tie),
    price: "0.00",
    contract_scan: null,
    co_tenant: "",
    co_tenant_id_scan: null,
    history: "",
    type_contract: "Airbnb",
    co_tenant_id: "",
    ...given,
    id,
  };
  world.tenant_contracts.set(id, row);
  return row;
}
