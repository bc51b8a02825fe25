import type { Data, InitialRecords } from "../../simulator/index.ts";

export type Kind = "building" | "unit" | "room" | "client" | "ownerContract" | "tenantContract";

/** Each kind's type name, root list, path in Alma, and the fields in Alma's list. */
export const naming: Readonly<
  Record<Kind, { type: string; plural: string; path: string; summary: string[] }>
> = {
  building: { type: "Building", plural: "buildings", path: "realty/buildings/", summary: ["name"] },
  unit: {
    type: "Unit",
    plural: "units",
    path: "realty/units/",
    summary: ["name", "header", "externalId"],
  },
  room: {
    type: "Room",
    plural: "rooms",
    path: "realty/rooms/",
    summary: ["name", "header", "externalId"],
  },
  client: {
    type: "Client",
    plural: "clients",
    path: "realty/clients/",
    summary: ["externalId", "firstName", "lastName", "status", "email"],
  },
  ownerContract: {
    type: "OwnerContract",
    plural: "ownerContracts",
    path: "realty/contracts/owner_contracts/",
    summary: ["number", "externalId"],
  },
  tenantContract: {
    type: "TenantContract",
    plural: "tenantContracts",
    path: "realty/contracts/tenant_contracts/",
    summary: ["number", "externalId"],
  },
};
export const kinds = Object.keys(naming) as readonly Kind[];

/** `unit:1` */
export type Key = `${Kind}:${number}`;
export type Value = string | number | boolean | null;

/** One record at one time, in the form that the graph must show. */
export interface RecordState {
  readonly kind: Kind;
  readonly id: number;
  /** Whether lists without archived records omit it. */
  readonly isHidden: boolean;
  readonly fields: Readonly<Record<string, Value>>;
  /** The records that it refers to, by relation. */
  readonly relations: Readonly<Record<string, Key | null>>;
}

/** All current records of Alma, in the form that the graph must show on the day `today`. */
export function statesOf(data: Data, today: string): Map<Key, RecordState> {
  const all: RecordState[] = [
    ...data.buildings.all().map((row) => ({
      kind: "building" as const,
      id: row.id,
      isHidden: row.is_archived,
      fields: {
        externalId: row.external_id || null,
        name: row.name,
        address: row.address,
        numberOfUnits: data.units.by("building", row.id).length,
        isArchived: row.is_archived,
      },
      relations: {},
    })),
    ...data.units.all().map((row) => ({
      kind: "unit" as const,
      id: row.id,
      isHidden: row.is_archived,
      fields: {
        ...rentableFields(row),
        address: row.address,
        additionalExternalId: row.additional_external_id || null,
      },
      relations: { building: keyOf("building", row.building) },
    })),
    ...data.rooms.all().map((row) => ({
      kind: "room" as const,
      id: row.id,
      isHidden: row.is_archived,
      fields: rentableFields(row),
      relations: {
        unit: keyOf("unit", row.parent_unit),
        building: keyOf("building", data.units.get(row.parent_unit)?.building ?? 0),
      },
    })),
    ...data.clients.all().map((row) => ({
      kind: "client" as const,
      id: row.id,
      isHidden: row.status === "unconfirmed",
      fields: {
        externalId: row.external_id || null,
        firstName: row.first_name,
        lastName: row.last_name,
        status: row.status,
        email: row.email,
        phone: row.phone,
      },
      relations: {},
    })),
    ...data.ownerContracts.all().map((row) => ({
      kind: "ownerContract" as const,
      id: row.id,
      isHidden: row.is_archived,
      fields: { ...contractFields(row, today), workModel: row.work_model },
      relations: relationsOf(row, data),
    })),
    ...data.tenantContracts.all().map((row) => ({
      kind: "tenantContract" as const,
      id: row.id,
      isHidden: row.is_archived,
      fields: { ...contractFields(row, today), price: Number(row.price) },
      relations: relationsOf(row, data),
    })),
  ];
  return new Map(all.map((state) => [keyOf(state.kind, state.id), state]));
}

export function keyOf(kind: Kind, id: number): Key {
  return `${kind}:${id}`;
}

type Row<T extends keyof Data> = Data[T] extends { all(): (infer R)[] } ? R : never;

function rentableFields(row: Row<"units"> | Row<"rooms">) {
  return {
    externalId: row.external_id || null,
    name: row.name,
    header: row.header,
    status: row.status,
    goalRentCost: row.goal_rent_cost,
    isArchived: row.is_archived,
  };
}

function contractFields(row: Row<"ownerContracts"> | Row<"tenantContracts">, today: string) {
  const { start_date, end_date, is_archived } = row;
  const hasBegun = start_date === null || start_date <= today;
  const hasEnded = end_date !== null && end_date < today;
  return {
    externalId: row.external_id || null,
    name: row.name,
    number: row.number,
    startDate: start_date,
    endDate: end_date,
    isArchived: is_archived,
    state: is_archived ? "ARCHIVED" : !hasBegun ? "PLANNED" : hasEnded ? "ENDED" : "ACTIVE",
  };
}

function relationsOf(row: Row<"ownerContracts"> | Row<"tenantContracts">, data: Data) {
  return {
    rentalObject: keyOf(data.units.get(row.unit_id) ? "unit" : "room", row.unit_id),
    client: keyOf("client", row.client_id),
  };
}

/** A small portfolio: units let as a whole and by room, contracts in every state, an archived record of each kind. */
export function smallWorld(day: (offset: number) => string): InitialRecords {
  const lease = { start_date: day(-60), end_date: day(60) };
  const next = { start_date: day(61), end_date: day(200) };
  const rooms = [
    { id: 11, parent_unit: 1, external_id: "r-11", name: "n-1", is_archived: false },
    { id: 12, parent_unit: 1, external_id: "r-12", name: "n-2" },
    { id: 21, parent_unit: 2, external_id: "r-21", name: "n-1" },
    { id: 22, parent_unit: 2, external_id: "r-22", name: "n-2", is_archived: true },
    { id: 41, parent_unit: 4, external_id: "r-41", name: "n-1", is_archived: true },
  ];
  return {
    projects: [{ id: 207, name: "Dubai" }],
    buildings: [
      { id: 101, name: "n-1", project: 207, external_id: "b-101" },
      { id: 102, name: "n-2", project: 207 },
      { id: 103, name: "n-3", project: 207, external_id: "b-103", is_archived: true },
    ],
    units: [
      { id: 1, building: 101, external_id: "u-1", name: "n-1" },
      { id: 2, building: 101, external_id: "u-2", name: "n-2" },
      {
        id: 3,
        building: 102,
        external_id: "u-3",
        name: "n-1",
        additional_external_id: "w-3",
        is_used_additional_external_id: true,
      },
      { id: 4, building: 103, external_id: "u-4", name: "n-4", is_archived: true },
    ],
    rooms,
    clients: [
      { id: 251, external_id: "c-251", first_name: "n-1", email: "a@example.com", status: "active" },
      { id: 252, external_id: "c-252", first_name: "n-2", email: "b@example.com", status: "active" },
      { id: 253, external_id: "c-253", first_name: "n-3", email: "c@example.com" },
      { id: 254, external_id: "c-254", first_name: "n-4", email: "d@example.com", status: "active" },
    ],
    ownerContracts: [
      { id: 501, external_id: "o-501", unit_id: 1, client_id: 251, ...lease },
      { id: 502, external_id: "o-502", unit_id: 2, client_id: 251, ...lease, is_archived: true },
    ],
    tenantContracts: [
      { id: 901, external_id: "t-901", unit_id: 11, client_id: 252, ...lease, price: "10.00" },
      { id: 902, external_id: "t-902", unit_id: 11, client_id: 251, ...next, price: "20.00" },
      { id: 903, external_id: "t-903", unit_id: 3, client_id: 254, ...lease, price: "30.50" },
      { id: 905, external_id: "t-905", unit_id: 21, client_id: 251, ...lease, price: "40.00" },
      { id: 904, external_id: "t-904", unit_id: 22, client_id: 252, ...lease, is_archived: true },
    ],
  };
}
