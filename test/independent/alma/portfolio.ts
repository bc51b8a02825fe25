import { addBuilding, addClient, addOwnerContract, addRoom, addTenantContract, addUnit } from "./row.ts";
import { World } from "./world.ts";

/** The number of records of each kind. */
export interface Size {
  readonly buildings: number;
  readonly units: number;
  readonly rooms: number;
  readonly clients: number;
  readonly tenantContracts: number;
  readonly ownerContracts: number;
}

export const measured: Size = {
  buildings: 50,
  units: 1000,
  rooms: 2000,
  clients: 3000,
  tenantContracts: 6000,
  ownerContracts: 1500,
};

const day = (index: number): string => new Date(Date.UTC(2020, 0, 1 + index)).toISOString().slice(0, 10);

/** A portfolio of a given size, the same each time. Every third unit has no rooms; contracts cover all objects. */
export function portfolio(size: Size): World {
  const world = new World();
  const pick = <T>(all: readonly T[], index: number): T => all[index % all.length] as T;
  const buildings = Array.from({ length: size.buildings }, (_, index) =>
    addBuilding(world, { external_id: `b${index}`, number: String(index % 7), number_of_units: index % 9 }),
  );
  const units = Array.from({ length: size.units }, (_, index) =>
    addUnit(world, {
      external_id: String(10_000 + index),
      building: pick(buildings, index * 7).id,
      status: pick(["available", "rented", "blocked"], index),
      goal_rent_cost: `${1000 + ((index * 37) % 900)}.${index % 2 ? "50" : "05"}`,
      number_of_bedrooms: index % 5 === 4 ? null : index % 5,
      photos: index % 10 === 0 ? [{ id: 50_000 + index, url: `/media/${index}.jpg` }] : [],
    }),
  );
  const sharing = units.filter((_, index) => index % 3 !== 0);
  const rooms = Array.from({ length: sharing.length === 0 ? 0 : size.rooms }, (_, index) =>
    addRoom(world, {
      external_id: String(50_000 + index),
      parent_unit: pick(sharing, index).id,
      name: `Bed${index % 6}`,
      property_type: pick(["bunk", "room"], index),
    }),
  );
  const clients = Array.from({ length: size.clients }, (_, index) =>
    addClient(world, { external_id: String(90_000 + index), status: pick(["active", "unconfirmed"], index) }),
  );
  const objects = [...units, ...rooms];
  for (let index = 0; index < size.tenantContracts; index++)
    addTenantContract(
      world,
      {
        unit: pick(objects, index * 11).id,
        client: pick(clients, index * 13).id,
        is_archived: index % 17 === 0,
      },
      {
        external_id: `t${index}`,
        start_date: index % 19 === 0 ? null : day(index % 2500),
        end_date: index % 23 === 0 ? null : day((index % 2500) + 30 + (index % 700)),
        price: `${(index * 101) % 10_000}.00`,
      },
    );
  for (let index = 0; index < size.ownerContracts; index++)
    addOwnerContract(
      world,
      { unit: pick(units, index).id, client: pick(clients, index * 3).id },
      { external_id: `o${index}`, start_date: day(index), end_date: day(index + 400 + (index % 1500)) },
    );
  return world;
}
