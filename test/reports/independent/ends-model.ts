import type { OwnerContractRow, TenantContractRow, World } from "../../independent/alma/world.ts";
import { decimal, type Expected, objectOf, type Value } from "./table-model.ts";

export const today = "2026-03-01";

/** ACTIVE or PLANNED on a day; undefined for ended and archived contracts. */
function stateOf(
  { usage, start_date, end_date }: TenantContractRow | OwnerContractRow,
  on: string,
): string | undefined {
  if (usage?.is_archived === true) return undefined;
  if (start_date !== null && start_date > on) return "PLANNED";
  return end_date !== null && end_date < on ? undefined : "ACTIVE";
}

/** The active and planned contracts that start or end on one of these days, sorted by that day and then by id. */
function ending<C extends TenantContractRow | OwnerContractRow>(
  contracts: Iterable<C>,
  dayOfContract: (contract: C) => string | null,
  from: string,
  until: string,
  on: string,
): C[] {
  const key = (contract: C) => dayOfContract(contract) ?? "";
  return [...contracts]
    .filter((contract) => stateOf(contract, on) && from <= key(contract) && key(contract) <= until)
    .sort((one, other) => key(one).localeCompare(key(other)) || one.id - other.id);
}

/** A contract's place and persons in a row. */
function partsOf(world: World, contract: TenantContractRow | OwnerContractRow, on: string) {
  const object = objectOf(world, contract);
  const unit = object && "parent_unit" in object ? world.units.get(object.parent_unit ?? 0) : object;
  const client = world.clients.get(contract.usage?.client ?? 0);
  return {
    building: world.buildings.get(object?.building ?? 0)?.name ?? null,
    unit: unit?.name ?? null,
    object: [
      object?.name ?? null,
      object ? `${"parent_unit" in object ? "Room" : "Unit"}:${object.id}` : null,
    ],
    client: [client?.first_name ?? null, client?.last_name ?? null, client ? `Client:${client.id}` : null],
    state: stateOf(contract, on) as string,
  };
}

/** `on`: the day that states refer to. */
export type Report = (world: World, from: string, until: string, on?: string) => Expected;

export const tenantContracts: Report = (world, from, until, on = today) => ({
  titles: [
    ...["Last day", "Building", "Unit", "Unit or room", "Unit or room in Alma", "First name", "Last name"],
    ...[
      "Tenant in Alma",
      "Contract",
      "State",
      "First day",
      "Kind of letting",
      "Rent",
      "Rent a month",
      "Contract in Alma",
    ],
  ],
  rows: ending(world.tenant_contracts.values(), ({ end_date }) => end_date, from, until, on).map(
    (contract): Value[] => {
      const { building, unit, object, client, state } = partsOf(world, contract, on);
      const price = decimal(contract.price);
      return [
        ...[contract.end_date, building, unit, ...object, ...client, contract.number, state],
        ...[contract.start_date, contract.type_contract, price, price, `TenantContract:${contract.id}`],
      ];
    },
  ),
});

export const ownerContracts: Report = (world, from, until, on = today) => ({
  titles: [
    ...[
      "Last day",
      "Building",
      "Unit",
      "Unit in Alma",
      "First name",
      "Last name",
      "Owner in Alma",
      "Contract",
    ],
    ...["State", "First day", "Work model", "Management letter ends", "Contract in Alma"],
  ],
  rows: ending(world.owner_contracts.values(), ({ end_date }) => end_date, from, until, on).map(
    (contract): Value[] => {
      const { building, object, client, state } = partsOf(world, contract, on);
      return [
        ...[contract.end_date, building, ...object, ...client, contract.number, state, contract.start_date],
        ...[contract.work_model, contract.pml_end_date, `OwnerContract:${contract.id}`],
      ];
    },
  ),
});

export const managementLetters: Report = (world, from, until, on = today) => ({
  titles: [
    ...["Last day of the letter", "Building", "Unit", "Unit in Alma", "First name", "Last name"],
    ...[
      "Owner in Alma",
      "First day of the letter",
      "Contract",
      "State of the contract",
      "Contract ends",
      "Work model",
      "Contract in Alma",
    ],
  ],
  rows: ending(world.owner_contracts.values(), ({ pml_end_date }) => pml_end_date, from, until, on).map(
    (contract): Value[] => {
      const { building, object, client, state } = partsOf(world, contract, on);
      return [
        ...[contract.pml_end_date, building, ...object, ...client, contract.pml_start_date, contract.number],
        ...[state, contract.end_date, contract.work_model, `OwnerContract:${contract.id}`],
      ];
    },
  ),
});
