import { addBuilding, addClient, addOwnerContract, addRoom, addTenantContract, addUnit } from "./alma/row.ts";
import {
  type OwnerContractRow,
  type RoomRow,
  type TenantContractRow,
  type UnitRow,
  World,
} from "./alma/world.ts";

/** Numbers from 0 to below 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const FIRST_DAY = Date.UTC(2026, 0, 1);

/** The day with a number, from the first of 2026 on. */
export const dayOf = (index: number): string =>
  new Date(FIRST_DAY + index * 86_400_000).toISOString().slice(0, 10);

/** A portfolio in which any nullable value is null occasionally, and contracts overlap at random. */
export function lettingWorld(seed: number, size = 14): World {
  const random = randomFrom(seed);
  const world = new World();
  const chance = (share: number) => random() < share;
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const flag = (share: number) => pick([chance(share), chance(share), chance(share), null]);
  const day = () => (chance(0.15) ? null : dayOf(Math.floor(random() * 200)));
  const buildings = [1, 2, 3].map((number) =>
    addBuilding(world, { name: `Tower ${number}`, number: pick(["7", "8", ""]) }),
  );
  const clients = Array.from({ length: 6 }, () =>
    addClient(world, { last_name: pick(["Haddad", "Bauer", null]), status: pick(["active", "unconfirmed"]) }),
  );
  const clientId = () => (chance(0.1) ? null : pick(clients).id);
  for (let index = 0; index < size; index++) {
    const unit = addUnit(world, {
      building: chance(0.15) ? null : pick(buildings).id,
      is_archived: flag(0.2),
      is_used_additional_external_id: flag(0.4),
      status: pick(["available", "rented", null]),
    });
    const rooms = Array.from({ length: Math.floor(random() * 4) }, () =>
      addRoom(world, { parent_unit: unit.id, is_archived: flag(0.3) }),
    );
    if (chance(0.1)) addRoom(world, { parent_unit: null });
    for (let count = Math.floor(random() * 5); count > 0; count--) {
      const tie = { unit: chance(0.08) ? null : pick([unit, ...rooms]).id, client: clientId() };
      const usage = { ...tie, is_archived: flag(0.15) };
      addTenantContract(world, usage, {
        start_date: day(),
        end_date: day(),
        price: pick(["3000.00", "1250.50", "0.00", null]),
        type_contract: pick(["Airbnb", "Long-term 3+ months", null]),
      });
    }
    if (chance(0.7))
      addOwnerContract(
        world,
        { unit: unit.id, client: clientId(), is_archived: flag(0.15) },
        { start_date: day(), end_date: day() },
      );
  }
  return world;
}

type Contract = TenantContractRow | OwnerContractRow;

/** Whether a contract covers a day. */
export const covers = ({ usage, start_date, end_date }: Contract, day: string): boolean =>
  usage?.is_archived !== true && (start_date ?? "") <= day && day <= (end_date ?? "9999-12-31");

/** The lettable and the let objects by the documented definitions, computed directly from the rows. */
export function lettingModel(world: World) {
  const rooms = [...world.rooms.values()];
  const contracts = [...world.tenant_contracts.values()];
  const unitOf = (row: UnitRow | RoomRow): UnitRow | undefined =>
    "parent_unit" in row ? world.units.get(row.parent_unit ?? 0) : row;
  const isLettable = (row: UnitRow | RoomRow): boolean => {
    if (row.is_archived === true) return false;
    const unit = unitOf(row);
    const isWhole = unit?.is_used_additional_external_id === true;
    if ("parent_unit" in row) return unit?.is_archived !== true && !isWhole;
    return isWhole || !rooms.some(({ parent_unit }) => parent_unit === row.id);
  };
  const sharing = (row: UnitRow | RoomRow): (number | null)[] =>
    "parent_unit" in row
      ? [row.id, row.parent_unit]
      : [row.id, ...rooms.filter(({ parent_unit }) => parent_unit === row.id).map(({ id }) => id)];
  const contractsOf = (row: UnitRow | RoomRow): TenantContractRow[] => {
    const ids = sharing(row).filter((id) => id !== null);
    return contracts.filter(({ usage }) => ids.includes(usage?.unit ?? 0));
  };
  const isVacant = (row: UnitRow | RoomRow, day: string): boolean | null =>
    isLettable(row) ? !contractsOf(row).some((contract) => covers(contract, day)) : null;
  const vacantSince = (row: UnitRow | RoomRow, day: string): string | null => {
    if (isVacant(row, day) !== true) return null;
    const ends = contractsOf(row)
      .filter(({ end_date }) => end_date !== null && end_date < day)
      .filter((contract) => covers(contract, contract.end_date ?? ""))
      .map(({ end_date }) => end_date ?? "");
    const last = ends.sort().at(-1);
    return last === undefined ? null : new Date(Date.parse(last) + 86_400_000).toISOString().slice(0, 10);
  };
  return {
    objects: [...world.units.values(), ...rooms],
    unitOf,
    isLettable,
    isVacant,
    vacantSince,
    contractsOf,
  };
}
