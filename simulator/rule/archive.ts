import type { Handler } from "../http/route.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { Contract, Room, Unit } from "../store/record.ts";
import { readBody } from "./field.ts";
import { boolean } from "./field-type.ts";
import { isActive, isActiveOrPlanned } from "./occupancy.ts";
import { type Resource, recordHandler } from "./resource.ts";
import { stateChangeResponse } from "./state-change.ts";
import { updateStatus } from "./status.ts";

/** The `archive/` endpoint of units or rooms (Alma: Apartments and Units, PATCH archive). */
export function archiveHandler<T extends Unit | Room>(
  resource: Resource<T>,
  context: SimulatorContext,
): Handler {
  return recordHandler(resource.table, context, ({ id }, request) => {
    const body = readBody<{ is_archived: boolean }>({ is_archived: boolean("known") }, request.body, context);
    if (body.is_archived) archive(id, context);
    else unarchive(id, context);
    updateStatus(id, context);
    return stateChangeResponse(context.switches.archiveAnswer, () =>
      resource.detail(resource.table.get(id) as T),
    );
  });
}

/** Archives a unit or room, a unit's rooms, and all active and planned contracts on them. */
export function archive(id: number, context: SimulatorContext): void {
  const { data } = context;
  const rooms = data.rooms.by("parent_unit", id).map((room) => room.id);
  for (const object of [id, ...rooms]) setArchived(object, true, context);
  const clients = new Set<number>();
  for (const table of [data.ownerContracts, data.tenantContracts]) {
    for (const object of [id, ...rooms]) {
      for (const client of archiveContracts(table, object, context)) clients.add(client);
    }
  }
  for (const client of clients) revokeAppAccess(client, context);
}

interface ContractTable {
  by(field: "unit_id", value: number): Contract[];
  change(id: number, patch: { is_archived: boolean }): unknown;
}

function archiveContracts(table: ContractTable, object: number, { clock }: SimulatorContext): number[] {
  const activeOrPlanned = table
    .by("unit_id", object)
    .filter((contract) => isActiveOrPlanned(contract, clock.today()));
  for (const contract of activeOrPlanned) table.change(contract.id, { is_archived: true });
  return activeOrPlanned.map((contract) => contract.client_id);
}

/** Ends a client's access to the app if the client has no active contract of either kind. */
function revokeAppAccess(client: number, { data, clock }: SimulatorContext): void {
  const today = clock.today();
  const contracts = [
    ...data.ownerContracts.by("client_id", client),
    ...data.tenantContracts.by("client_id", client),
  ];
  if (!data.clients.get(client) || contracts.some((contract) => isActive(contract, today))) return;
  data.clients.change(client, { status: "inactive", has_app_access: false });
}

/** Unarchives a unit or room, a unit's rooms or a room's unit, the building and the project; never a contract. */
function unarchive(id: number, context: SimulatorContext): void {
  const { data } = context;
  const unit = data.units.get(data.rooms.get(id)?.parent_unit ?? id);
  const building = data.buildings.get(unit?.building);
  const project = data.projects.get(building?.project);
  const rooms = data.rooms.by("parent_unit", id).map((room) => room.id);
  for (const object of [id, ...rooms, ...(unit ? [unit.id] : [])]) setArchived(object, false, context);
  if (building) data.buildings.change(building.id, { is_archived: false });
  if (project) data.projects.change(project.id, { is_archived: false });
}

function setArchived(id: number, is_archived: boolean, { data }: SimulatorContext): void {
  if (data.units.get(id)) data.units.change(id, { is_archived });
  else data.rooms.change(id, { is_archived });
}
