import type {
  Block,
  Building,
  Client,
  OwnerContract,
  Project,
  Room,
  TenantContract,
  Unit,
  UploadedFile,
} from "./record.ts";
import { Sequence } from "./sequence.ts";
import { Table } from "./table.ts";

/** The tables that several resources and rules use. */
interface SharedTables {
  readonly projects: Table<Project>;
  readonly buildings: Table<Building>;
  readonly units: Table<Unit>;
  readonly rooms: Table<Room>;
  readonly clients: Table<Client>;
  readonly ownerContracts: Table<OwnerContract>;
  readonly tenantContracts: Table<TenantContract>;
  readonly files: Table<UploadedFile>;
  readonly blocks: Table<Block>;
}

/**
 * All data of the simulator. Tests change it directly, as other systems change Alma. A resource with a table of its own
 * adds it to this interface and creates it in its own file.
 */
export interface Data extends SharedTables {
  /** Ids of attached photos. */
  readonly photoIds: Sequence;
}

export type TableName = Exclude<keyof Data, "photoIds">;

/** Initial records of any kind; fields that are left out get defaults. */
export type InitialRecords = {
  readonly [K in TableName]?: Data[K] extends Table<infer T> ? readonly Partial<T>[] : never;
};

const rentableDefaults = {
  external_id: "",
  name: "",
  header: "",
  number: "",
  internal_area: 0,
  status: "available",
  is_archived: false,
  photos: [],
  goal_rent_cost: 0,
  keybox_code: null,
  electronic_lock_password: null,
};

const unitDefaults: Omit<Unit, "id"> = {
  ...rentableDefaults,
  property_type: "apartment",
  additional_external_id: "",
  is_used_additional_external_id: false,
  building: 0,
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
  total_buildable_area: 0,
  floor: null,
  internet_login: "",
  internet_password: "",
  subway_station: "",
  parking_number: "",
};

const clientDefaults: Omit<Client, "id"> = {
  external_id: "",
  first_name: "",
  last_name: "",
  status: "unconfirmed",
  email: "",
  phone: "",
  passport: "",
  country: 4,
  id_number: "",
  passport_scan: null,
  id_scan: null,
  birthday: null,
  has_app_access: false,
};

const contractDefaults = {
  name: "",
  number: "",
  start_date: null,
  end_date: null,
  external_id: "",
  unit_id: 0,
  client_id: 0,
  is_archived: false,
};

const ownerContractDefaults = {
  ...contractDefaults,
  contract_with_client_scan: null,
  property_title_deed_scan: null,
  property_management_letter_scan: null,
  dtcm_permit_scan: null,
  pml_start_date: null,
  pml_end_date: null,
  work_model: "",
};

const tenantContractDefaults = {
  ...contractDefaults,
  price: "0.00",
  contract_scan: null,
  co_tenant: "",
  co_tenant_id_scan: null,
  co_tenant_id: "",
  history: "",
  type_contract: "",
};

/** Empty tables. Units and rooms share one sequence of ids, and the usages of both kinds of contracts another. */
export function createData(): SharedTables & Pick<Data, "photoIds"> {
  const rentalIds = new Sequence(2601);
  const usageIds = new Sequence(1901);
  return {
    projects: new Table(new Sequence(207), () => ({ name: "", is_archived: false })),
    buildings: new Table(new Sequence(1001), () => ({
      name: "",
      project: 0,
      address: "",
      number: "",
      external_id: "",
      is_archived: false,
    })),
    units: new Table(rentalIds, () => unitDefaults),
    rooms: new Table<Room>(rentalIds, () => ({ ...rentableDefaults, property_type: "room", parent_unit: 0 })),
    clients: new Table(new Sequence(251), () => clientDefaults),
    ownerContracts: new Table(new Sequence(501), () => ({
      ...ownerContractDefaults,
      usage_id: usageIds.take(),
    })),
    tenantContracts: new Table(new Sequence(901), () => ({
      ...tenantContractDefaults,
      usage_id: usageIds.take(),
    })),
    files: new Table(new Sequence(9101), () => ({
      name: "",
      url: null,
      description: null,
      type: null,
      bytes: 0,
    })),
    blocks: new Table(new Sequence(71), () => ({ unit_id: 0, start_date: "1970-01-01", end_date: null })),
    photoIds: new Sequence(4501),
  };
}

/** Adds records to their tables, parents first. */
export function insertRecords(data: Data, records: InitialRecords): void {
  const names = Object.keys(records) as TableName[];
  const inOrder = [...parentsFirst, ...names.filter((name) => !parentsFirst.includes(name))];
  for (const name of inOrder) {
    const table = data[name] as { insert(draft: object): unknown };
    for (const draft of records[name] ?? []) table.insert(draft);
  }
}

const parentsFirst: readonly TableName[] = [
  "projects",
  "files",
  "buildings",
  "units",
  "rooms",
  "clients",
  "ownerContracts",
  "tenantContracts",
  "blocks",
];
