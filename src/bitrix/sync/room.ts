import { type CachedRecord, isArchived, isLetWhole, type KnownFields } from "../../catalog/index.ts";
import { describeItem } from "../item/item-kind.ts";
import type { SyncContext } from "./context.ts";
import { findDifference } from "./difference.ts";
import { findOtherRepresentative, otherRepresentativeError } from "./representative.ts";
import { type ItemTask, parentFailedError, type Task } from "./task.ts";
import { attachedUnitId, becomesLetWhole } from "./unit.ts";
import { upsert, writeDifference } from "./upsert.ts";

/**
 * Brings a Bitrix unit in: as a room, or, where its apartment is let whole, as that apartment's additional id and
 * never as a room (Alma: Units, POST).
 */
export async function syncRoom(task: ItemTask, context: SyncContext): Promise<void> {
  const apartment = context.batch.linkedTask(task, "apartment");
  if (apartment?.hasFailed)
    return task.fail(...task.deferredErrors, parentFailedError(apartment, apartment.label));
  if (apartment && becomesLetWhole(apartment)) return attachToTask(task, apartment, context);
  if (apartment) return upsertRoom(task, apartment.record?.id ?? "planned", context);
  if (isUpToDate(task, context)) {
    task.action = "UNCHANGED";
    return;
  }
  const link = task.item.links.apartment;
  const unit = link && (await context.finder.find("unit", link.id));
  if (!unit) {
    const message =
      `The unit ${JSON.stringify(task.item.id)} belongs to ${describeItem("apartment", link?.id)}, and Alma has no unit with this ` +
      "Bitrix id. Send the apartment too.";
    return task.fail(...task.deferredErrors, {
      code: "MISSING_LINK",
      message,
      ...(link && { field: link.from }),
    });
  }
  if (isLetWhole(unit)) return attachToRecord(task, unit, context);
  return upsertRoom(task, unit.id, context);
}

async function upsertRoom(
  task: ItemTask,
  parentUnit: number | "planned",
  context: SyncContext,
): Promise<void> {
  if (task.deferredErrors.length > 0) return task.fail(...task.deferredErrors);
  return upsert(task, { parentUnit }, context);
}

/** Whether a Bitrix unit becomes a room, as far as its apartment tells before the sync has come to either. */
export async function becomesRoom(task: ItemTask, { batch, finder }: SyncContext): Promise<boolean> {
  const apartment = batch.linkedTask(task, "apartment");
  if (apartment) return !becomesLetWhole(apartment);
  const unit = await finder.find("unit", task.item.links.apartment?.id ?? "");
  return unit !== undefined && !isLetWhole(unit);
}

/**
 * A room that is as its item says, under the right unit: the unit itself need not be asked for, unless it is known to
 * be let whole.
 */
function isUpToDate(task: ItemTask, { catalog, unshownValues }: SyncContext): boolean {
  const { parentUnit } = (task.before ?? {}) as KnownFields<"room">;
  if (parentUnit == null || parentUnit.externalId !== task.item.links.apartment?.id) return false;
  if (task.deferredErrors.length > 0) return false;
  const unit = catalog.store.tables.unit.get(parentUnit.id);
  if (unit && isLetWhole(unit)) return false;
  return findDifference(task, {}, unshownValues).changes.length === 0;
}

/** The apartment is in the same sync, and was given the unit's id when it was written. */
async function attachToTask(task: ItemTask, apartment: ItemTask, context: SyncContext): Promise<void> {
  const { id } = task.item;
  const attached = attachedUnitId(apartment);
  if (id !== undefined && attached === id) {
    const changes = apartment.changes.filter(
      ({ field }) => field === "additionalExternalId" || field === "isUsedAdditionalExternalId",
    );
    await moveToApartment(task, apartment.record, context);
    if (!task.isDone) markAttached(task, changes);
    return;
  }
  const others = context.batch.unitsOf(apartment).filter((other) => other !== task);
  const conflict =
    attached === undefined
      ? others.map(({ label }) => label).join(", ")
      : `the Bitrix unit ${JSON.stringify(attached)}`;
  failSecondUnit(task, apartment.label, conflict);
}

/** The apartment is in Alma alone. */
async function attachToRecord(task: ItemTask, unit: CachedRecord, context: SyncContext): Promise<void> {
  await moveToApartment(task, unit, context);
  if (task.isDone) return;
  const { additionalExternalId: currentId } = unit.value as KnownFields<"unit">;
  if (currentId === task.item.id) return markAttached(task, []);
  if (currentId != null)
    return failSecondUnit(task, unit.key, `the Bitrix unit ${JSON.stringify(currentId)}`);
  const conflict = await findOtherRepresentative(task.item.id ?? "", unit, context);
  if (conflict) return task.fail(otherRepresentativeError(describeItem("unit", task.item.id), conflict));
  const change = { field: "additionalExternalId", before: null, after: task.item.id };
  const fields = { additionalExternalId: task.item.id };
  await writeDifference(task, { fields, parents: {}, changes: [change] }, context);
  if (!task.hasFailed) markAttached(task, task.changes);
}

/** From here on the task is about the apartment; a room with the unit's id must not be beside it. */
async function moveToApartment(
  task: ItemTask,
  unit: CachedRecord | undefined,
  { catalog, finder }: SyncContext,
): Promise<void> {
  const { id = "" } = task.item;
  const isListed = catalog.store.tables.room.findListed(id) !== undefined;
  const room = task.record ?? (isListed ? await finder.find("room", id) : undefined);
  if (room && !isArchived(room)) return task.fail(otherRepresentativeError(describeItem("unit", id), room));
  task.record = unit;
}

function markAttached(task: Task, changes: Task["changes"]): void {
  task.action = "ATTACHED_TO_UNIT";
  task.changes = changes;
}

function failSecondUnit(task: ItemTask, apartment: string, conflict: string): void {
  const message =
    `The unit ${JSON.stringify(task.item.id)} belongs to ${apartment}, which is let whole and can stand for one Bitrix unit only; ` +
    `there is ${conflict} as well. Correct the links in Bitrix, or the letting of the apartment.`;
  task.fail({ code: "WHOLE_LET_UNIT", message });
}
