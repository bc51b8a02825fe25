/**
 * The properties of every row. Fields have the names of Alma's answers. A reference is the other record's id, a choice
 * is its value, a scan is the id of its file, a date is the day `YYYY-MM-DD`.
 */
interface BaseRow {
  readonly id: number;
  /** Fields that replace or extend those of the record's own answer: undocumented fields, or values of a wrong type. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface Project extends BaseRow {
  readonly name: string;
  readonly is_archived: boolean;
}

/** Alma: Buildings. */
export interface Building extends BaseRow {
  readonly name: string | null;
  readonly project: number;
  readonly address: string | null;
  readonly number: string | null;
  readonly external_id: string | null;
  readonly is_archived: boolean;
}

/** A picture attached to a unit or a room; `id` is its own, not that of the file that was uploaded. */
export interface Photo {
  readonly id: number;
  readonly url: string;
}

interface Rentable extends BaseRow {
  readonly external_id: string | null;
  readonly name: string | null;
  readonly header: string | null;
  readonly property_type: string | null;
  readonly number: string | null;
  readonly internal_area: number | null;
  readonly status: string | null;
  readonly is_archived: boolean;
  readonly photos: readonly Photo[];
  readonly goal_rent_cost: number | null;
  readonly keybox_code: string | null;
  readonly electronic_lock_password: string | null;
}

/** Alma: Apartments (its paths call them units). */
export interface Unit extends Rentable {
  readonly additional_external_id: string | null;
  readonly is_used_additional_external_id: boolean | null;
  readonly building: number;
  readonly address: string | null;
  readonly address_number: string | null;
  readonly number_of_bedrooms: number | null;
  readonly number_of_baths: number | null;
  readonly is_roof_garden: boolean | null;
  readonly parking: string | null;
  readonly plot: string | number | null;
  readonly is_swimming_pool: boolean | null;
  readonly covered_verandas: string | number | null;
  readonly uncovered_verandas: string | number | null;
  readonly lower_level: string | number | null;
  readonly storage: string | number | null;
  readonly total_buildable_area: number | null;
  readonly floor: string | number | null;
  readonly internet_login: string | null;
  readonly internet_password: string | null;
  readonly subway_station: string | null;
  readonly parking_number: string | null;
}

/** Alma: Units (its paths call them rooms): a room or a bed of a unit. */
export interface Room extends Rentable {
  readonly parent_unit: number;
}

/** Alma: Clients. */
export interface Client extends BaseRow {
  readonly external_id: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly status: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly passport: string | null;
  readonly country: number | null;
  readonly id_number: string | null;
  readonly passport_scan: number | null;
  readonly id_scan: number | null;
  readonly birthday: string | null;
  /** Whether the client may use the app; no answer shows it. */
  readonly has_app_access: boolean;
}

/** The fields of both kinds of contracts. Answers show `usage_id` and `is_archived` inside `unit_usage`. */
export interface Contract extends BaseRow {
  readonly name: string | null;
  readonly number: string | null;
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly external_id: string | null;
  readonly usage_id: number;
  readonly unit_id: number;
  readonly client_id: number;
  readonly is_archived: boolean;
}

/** Alma: Contracts, owner_contracts. */
export interface OwnerContract extends Contract {
  readonly contract_with_client_scan: number | null;
  readonly property_title_deed_scan: number | null;
  readonly property_management_letter_scan: number | null;
  readonly dtcm_permit_scan: number | null;
  readonly pml_start_date: string | null;
  readonly pml_end_date: string | null;
  readonly work_model: string | null;
}

/** Alma: Contracts, tenant_contracts. `price` is text: a decimal with two places. */
export interface TenantContract extends Contract {
  readonly price: string | null;
  readonly contract_scan: number | null;
  readonly co_tenant: string | null;
  readonly co_tenant_id_scan: number | null;
  readonly co_tenant_id: string | null;
  readonly history: string | null;
  readonly type_contract: string | null;
}

/** A file given to `external-image/`. */
export interface UploadedFile extends BaseRow {
  readonly name: string;
  readonly url: string | null;
  readonly description: string | null;
  readonly type: string | null;
  readonly bytes: number;
}

/** A block on a unit or a room, open-ended without an end date. No answer shows it. */
export interface Block extends BaseRow {
  readonly unit_id: number;
  readonly start_date: string;
  readonly end_date: string | null;
}
