import type { SimulatorContext } from "../store/context.ts";
import type { Room, Unit } from "../store/record.ts";
import { blocksOn, covers, isActive } from "./occupancy.ts";

/** The statuses that follow from contracts and blocks. Other statuses are kept. The document shows `available` only. */
const derivedStatuses = ["available", "rented", "blocked"];

/** Updates the status of every unit and room for today. */
export function updateAllStatuses(context: SimulatorContext): void {
  const { rooms, units } = context.data;
  for (const row of rooms.all()) updateRowStatus(row, rooms, context);
  for (const row of units.all()) updateRowStatus(row, units, context);
}

/** Updates the statuses of a rental object, its rooms and its unit at once, if switch `statusFollows` says so. */
export function updateStatus(objectId: number, context: SimulatorContext): void {
  if (context.switches.statusFollows === "later") return;
  const { rooms, units } = context.data;
  for (const room of [...rooms.by("parent_unit", objectId), rooms.get(objectId)])
    updateRowStatus(room, rooms, context);
  updateRowStatus(units.get(rooms.get(objectId)?.parent_unit ?? objectId), units, context);
}

function updateRowStatus<T extends Unit | Room>(
  row: T | undefined,
  table: { change(id: number, patch: { status: string }): unknown },
  context: SimulatorContext,
): void {
  if (!row || !derivedStatuses.includes(row.status ?? "")) return;
  const status = statusOf(row, context);
  if (status !== row.status) table.change(row.id, { status });
}

function statusOf({ id }: Unit | Room, context: SimulatorContext): string {
  const { data, clock } = context;
  const today = clock.today();
  if (blocksOn(id, context).some((block) => covers(block, today))) return "blocked";
  const isRented = (object: number) =>
    data.tenantContracts.by("unit_id", object).some((contract) => isActive(contract, today));
  const rooms = data.rooms.by("parent_unit", id);
  const isFullyRented = rooms.length > 0 && rooms.every((room) => isRented(room.id));
  return isFullyRented || isRented(id) ? "rented" : "available";
}
