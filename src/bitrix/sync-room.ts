import { type Entry, isArchived, isLetWhole, type Known } from "../catalog/index.ts";
import { differences } from "./difference.ts";
import { put, write } from "./put.ts";
import { occupied, standIn } from "./stand-in.ts";
import type { SyncTools } from "./sync-tools.ts";
import { attachedUnit, isWhole } from "./sync-unit.ts";
import { type ItemTask, nameOf, parentFailed, type Task } from "./task.ts";

/**
 * Brings a Bitrix unit in: as a room, or, where its apartment is let whole, as that apartment's additional id and
 * never as a room (Alma: Units, POST).
 */
export async function syncRoom(task: ItemTask, tools: SyncTools): Promise<void> {
  const apartment = tools.batch.linked(task, "apartment");
  if (apartment?.failed) return task.fail(...task.held, parentFailed(apartment, apartment.name));
  if (apartment && isWhole(apartment)) return attachWithin(task, apartment, tools);
  if (apartment) return putRoom(task, apartment.entry?.id ?? "planned", tools);
  if (isSettled(task, tools)) {
    task.action = "UNCHANGED";
    return;
  }
  const link = task.item.links.apartment;
  const unit = link && (await tools.finder.one("unit", link.id));
  if (!unit) {
    const message =
      `The unit ${JSON.stringify(task.item.id)} belongs to ${nameOf("apartment", link?.id)}, and Alma has no unit with this ` +
      "Bitrix id. Send the apartment too.";
    return task.fail(...task.held, { code: "MISSING_LINK", message, ...(link && { field: link.from }) });
  }
  if (isLetWhole(unit)) return attachTo(task, unit, tools);
  return putRoom(task, unit.id, tools);
}

async function putRoom(task: ItemTask, parentUnit: number | "planned", tools: SyncTools): Promise<void> {
  if (task.held.length > 0) return task.fail(...task.held);
  return put(task, { parentUnit }, tools);
}

/** Whether a Bitrix unit becomes a room, as far as its apartment tells before the sync has come to either. */
export async function becomesRoom(task: ItemTask, { batch, finder }: SyncTools): Promise<boolean> {
  const apartment = batch.linked(task, "apartment");
  if (apartment) return !isWhole(apartment);
  const unit = await finder.one("unit", task.item.links.apartment?.id ?? "");
  return unit !== undefined && !isLetWhole(unit);
}

/**
 * A room that is as its item says, under the right unit: the unit itself need not be asked for, unless it is known to
 * be let whole.
 */
function isSettled(task: ItemTask, { catalog, unshown }: SyncTools): boolean {
  const { parentUnit } = (task.before ?? {}) as Known<"room">;
  if (parentUnit == null || parentUnit.externalId !== task.item.links.apartment?.id) return false;
  if (task.held.length > 0) return false;
  const unit = catalog.store.tables.unit.peek(parentUnit.id);
  if (unit && isLetWhole(unit)) return false;
  return differences(task, {}, unshown).changes.length === 0;
}

/** The apartment is in the same sync, and was given the unit's id when it was written. */
async function attachWithin(task: ItemTask, apartment: ItemTask, tools: SyncTools): Promise<void> {
  const { id } = task.item;
  const attached = attachedUnit(apartment);
  if (id !== undefined && attached === id) {
    const changes = apartment.changes.filter(
      ({ field }) => field === "additionalExternalId" || field === "isUsedAdditionalExternalId",
    );
    await attach(task, apartment.entry, tools);
    if (!task.over) finish(task, changes);
    return;
  }
  const others = tools.batch.unitsOf(apartment).filter((other) => other !== task);
  const rival =
    attached === undefined
      ? others.map(({ name }) => name).join(", ")
      : `the Bitrix unit ${JSON.stringify(attached)}`;
  refuseSecond(task, apartment.name, rival);
}

/** The apartment is in Alma alone. */
async function attachTo(task: ItemTask, unit: Entry, tools: SyncTools): Promise<void> {
  await attach(task, unit, tools);
  if (task.over) return;
  const { additionalExternalId: shown } = unit.value as Known<"unit">;
  if (shown === task.item.id) return finish(task, []);
  if (shown != null) return refuseSecond(task, unit.key, `the Bitrix unit ${JSON.stringify(shown)}`);
  const rival = await standIn(task.item.id ?? "", unit, tools);
  if (rival) return task.fail(occupied(nameOf("unit", task.item.id), rival));
  const change = { field: "additionalExternalId", before: null, after: task.item.id };
  const values = { additionalExternalId: task.item.id };
  await write(task, { values, parents: {}, changes: [change] }, tools);
  if (!task.failed) finish(task, task.changes);
}

/** From here on the task is about the apartment; a room with the unit's id must not be beside it. */
async function attach(
  task: ItemTask,
  unit: Entry | undefined,
  { catalog, finder }: SyncTools,
): Promise<void> {
  const { id = "" } = task.item;
  const isListed = catalog.store.tables.room.listedAs(id) !== undefined;
  const room = task.entry ?? (isListed ? await finder.one("room", id) : undefined);
  if (room && !isArchived(room)) return task.fail(occupied(nameOf("unit", id), room));
  task.entry = unit;
}

function finish(task: Task, changes: Task["changes"]): void {
  task.action = "ATTACHED_TO_UNIT";
  task.changes = changes;
}

function refuseSecond(task: ItemTask, apartment: string, rival: string): void {
  const message =
    `The unit ${JSON.stringify(task.item.id)} belongs to ${apartment}, which is let whole and can stand for one Bitrix unit only; ` +
    `there is ${rival} as well. Correct the links in Bitrix, or the letting of the apartment.`;
  task.fail({ code: "WHOLE_LET_UNIT", message });
}
