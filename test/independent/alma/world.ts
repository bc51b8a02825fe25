/** The data of this Alma, as rows of a database: references are ids, decimals are text, dates are days. */
export interface BuildingRow {
  readonly id: number;
  name: string | null;
  project: number | null;
  number_of_units: number | null;
  address: string | null;
  is_archived: boolean | null;
  number: string | null;
  external_id: string | null;
}

/** The columns that units and rooms share. */
interface RentalRow {
  readonly id: number;
  external_id: string | null;
  name: string | null;
  header: string | null;
  building: number | null;
  property_type: string | null;
  number: string | null;
  internal_area: number | null;
  status: string | null;
  project: number | null;
  is_archived: boolean | null;
  photos: { id: number; url: string }[] | null;
  goal_rent_cost: string | null;
  keybox_code: string | null;
  electronic_lock_password: string | null;
}

export interface UnitRow extends RentalRow {
  additional_external_id: string | null;
  is_used_additional_external_id: boolean | null;
  address: string | null;
  address_number: string | null;
  number_of_bedrooms: number | null;
  number_of_baths: number | null;
  is_roof_garden: boolean | null;
  parking: string | null;
  plot: string | null;
  is_swimming_pool: boolean | null;
  covered_verandas: string | null;
  uncovered_verandas: string | null;
  lower_level: string | null;
  storage: string | null;
  total_buildable_area: number | null;
  floor: string | null;
  internet_login: string | null;
  internet_password: string | null;
  subway_station: string | null;
  parking_number: string | null;
}

export interface RoomRow extends RentalRow {
  parent_unit: number | null;
}

export interface ClientRow {
  readonly id: number;
  external_id: string | null;
  first_name: string | null;
  last_name: string | null;
  status: string | null;
  email: string | null;
  phone: string | null;
  passport: string | null;
  country: number | null;
  id_number: string | null;
  passport_scan: string | null;
  id_scan: string | null;
  birthday: string | null;
}

/** The columns that both kinds of contracts share. The usage joins the rental object and the client. */
interface ContractRow {
  readonly id: number;
  external_id: string | null;
  name: string | null;
  number: string | null;
  start_date: string | null;
  end_date: string | null;
  usage: { id: number; unit: number | null; client: number | null; is_archived: boolean | null } | null;
}

export interface OwnerContractRow extends ContractRow {
  contract_with_client_scan: string | null;
  property_title_deed_scan: string | null;
  property_management_letter_scan: string | null;
  dtcm_permit_scan: string | null;
  pml_start_date: string | null;
  pml_end_date: string | null;
  work_model: string | null;
}

export interface TenantContractRow extends ContractRow {
  price: string | null;
  contract_scan: string | null;
  co_tenant: string | null;
  co_tenant_id_scan: string | null;
  history: string | null;
  type_contract: string | null;
  co_tenant_id: string | null;
}

/** The rows of each table. */
export interface Rows {
  buildings: BuildingRow;
  units: UnitRow;
  rooms: RoomRow;
  clients: ClientRow;
  owner_contracts: OwnerContractRow;
  tenant_contracts: TenantContractRow;
}

export type TableName = keyof Rows;

export const tableNames = [
  "buildings",
  "units",
  "rooms",
  "clients",
  "owner_contracts",
  "tenant_contracts",
] as const satisfies readonly TableName[];

/** All tables. Rows are changed in place; units and rooms share one sequence of ids. */
export class World {
  readonly projects = new Map<number, string>();
  readonly buildings = new Map<number, BuildingRow>();
  readonly units = new Map<number, UnitRow>();
  readonly rooms = new Map<number, RoomRow>();
  readonly clients = new Map<number, ClientRow>();
  readonly owner_contracts = new Map<number, OwnerContractRow>();
  readonly tenant_contracts = new Map<number, TenantContractRow>();
  readonly #sequences = new Map<string, number>();

  table<N extends TableName>(name: N): Map<number, Rows[N]> {
    return this[name] as unknown as Map<number, Rows[N]>;
  }

  /** The next id of a table. */
  nextId(name: TableName | "usages"): number {
    const sequence = name === "rooms" ? "units" : name;
    const id = (this.#sequences.get(sequence) ?? 1000) + 1;
    this.#sequences.set(sequence, id);
    return id;
  }
}
