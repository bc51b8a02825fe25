import { blocksOn, covers, isActive } from "./occupancy.ts";
import type { Room, Unit } from "./record.ts";
import type { World } from "./world.ts";

/** The statuses that follow the clock. Alma's own words but for `available` are unknown; any other is left alone. */
const following = ["available", "rented", "blocked"];

/** Lets every status catch up with the contracts and blocks of today. */
export function settleStatuses(world: World): void {
  const { rooms, units } = world.data;
  for (const row of rooms.all()) settle(row, rooms, world);
  for (const row of units.all()) settle(row, units, world);
}

/** After something happened on an object: its status and its rooms' follow at once, if the switch says so. */
export function showStatus(objectId: number, world: World): void {
  if (world.switches.statusFollows === "later") return;
  const { rooms, units } = world.data;
  for (const room of [...rooms.by("parent_unit", objectId), rooms.get(objectId)]) settle(room, rooms, world);
  settle(units.get(rooms.get(objectId)?.parent_unit ?? objectId), units, world);
}

function settle<T extends Unit | Room>(
  row: T | undefined,
  table: { change(id: number, patch: { status: string }): unknown },
  world: World,
): void {
  if (!row || !following.includes(row.status ?? "")) return;
  const status = statusOf(row, world);
  if (status !== row.status) table.change(row.id, { status });
}

function statusOf({ id }: Unit | Room, world: World): string {
  const { data, clock } = world;
  const today = clock.today();
  if (blocksOn(id, world).some((block) => covers(block, today))) return "blocked";
  const isRented = (object: number) =>
    data.tenantContracts.by("unit_id", object).some((contract) => isActive(contract, today));
  const rooms = data.rooms.by("parent_unit", id);
  const full = rooms.length > 0 && rooms.every((room) => isRented(room.id));
  return full || isRented(id) ? "rented" : "available";
}
