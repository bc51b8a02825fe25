import type { Handler } from "./answer.ts";
import { readBody } from "./field.ts";
import { isActive, isLive } from "./occupancy.ts";
import type { Contract, Room, Unit } from "./record.ts";
import { type Kind, onNamed } from "./resource.ts";
import { stateAnswer } from "./state.ts";
import { showStatus } from "./status.ts";
import { flag } from "./value.ts";
import type { World } from "./world.ts";

/** `archive/` of a unit or a room. Alma: Apartments and Units, PATCH archive. */
export function archiveHandler<T extends Unit | Room>(kind: Kind<T>, world: World): Handler {
  return onNamed(kind.table, world, ({ id }, asked) => {
    const body = readBody<{ is_archived: boolean }>({ is_archived: flag("known") }, asked.body, world);
    if (body.is_archived) archive(id, world);
    else unarchive(id, world);
    showStatus(id, world);
    return stateAnswer(world.switches.archiveAnswer, () => kind.detail(kind.table.get(id) as T));
  });
}

/** Takes the object, a unit's rooms, and all active and planned contracts on them. */
export function archive(id: number, world: World): void {
  const { data } = world;
  const rooms = data.rooms.by("parent_unit", id).map((room) => room.id);
  for (const object of [id, ...rooms]) setArchived(object, true, world);
  const clients = new Set<number>();
  for (const table of [data.ownerContracts, data.tenantContracts]) {
    for (const object of [id, ...rooms]) {
      for (const client of archiveContracts(table, object, world)) clients.add(client);
    }
  }
  for (const client of clients) closeApp(client, world);
}

interface Contracts {
  by(field: "unit_id", value: number): Contract[];
  change(id: number, patch: { is_archived: boolean }): unknown;
}

function archiveContracts(table: Contracts, object: number, { clock }: World): number[] {
  const live = table.by("unit_id", object).filter((contract) => isLive(contract, clock.today()));
  for (const contract of live) table.change(contract.id, { is_archived: true });
  return live.map((contract) => contract.client_id);
}

/** A client who is left without an active contract of either kind loses the app. */
function closeApp(client: number, { data, clock }: World): void {
  const today = clock.today();
  const contracts = [
    ...data.ownerContracts.by("client_id", client),
    ...data.tenantContracts.by("client_id", client),
  ];
  if (!data.clients.get(client) || contracts.some((contract) => isActive(contract, today))) return;
  data.clients.change(client, { status: "inactive", has_app_access: false });
}

/** Brings back the object, a unit's rooms or a room's unit, the building and the project; never a contract. */
function unarchive(id: number, world: World): void {
  const { data } = world;
  const unit = data.units.get(data.rooms.get(id)?.parent_unit ?? id);
  const building = data.buildings.get(unit?.building);
  const project = data.projects.get(building?.project);
  const rooms = data.rooms.by("parent_unit", id).map((room) => room.id);
  for (const object of [id, ...rooms, ...(unit ? [unit.id] : [])]) setArchived(object, false, world);
  if (building) data.buildings.change(building.id, { is_archived: false });
  if (project) data.projects.change(project.id, { is_archived: false });
}

function setArchived(id: number, is_archived: boolean, { data }: World): void {
  if (data.units.get(id)) data.units.change(id, { is_archived });
  else data.rooms.change(id, { is_archived });
}
