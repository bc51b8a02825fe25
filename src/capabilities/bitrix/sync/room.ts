import { isSameExternalId } from "../../../alma/index.ts";
import { type CachedRecord, isArchived, isLetWhole, type KnownFields } from "../../../catalog/index.ts";
import { describeItem } from "../item/item-kind.ts";
import type { SyncContext } from "../task/context.ts";
import { findDifference } from "../task/difference.ts";
import { type ItemTask, parentFailedError, type Task } from "../task/task.ts";
import { finishIfUnchanged, upsert, writeDifference } from "../task/upsert.ts";
import { archivedParentError } from "./archived.ts";
import { findOtherRepresentative, findRepresentative, otherRepresentativeError } from "./representative.ts";
import { apartmentTaskFor, attachedUnitId, becomesLetWhole } from "./unit.ts";

/**
 * Creates or updates the room of a Bitrix unit. A unit of an apartment that is let as a whole gets no room: its id
 * becomes the apartment's additional external id (Alma: Units, POST).
 */
export async function syncRoom(task: ItemTask, context: SyncContext): Promise<void> {
  const { id = "", links } = task.item;
  const { apartment: link } = links;
  const apartment = link ? context.batch.find(link.kind, link.id) : apartmentTaskFor(id, context);
  if (apartment?.hasFailed) return task.fail(...task.deferredErrors, parentFailedError(apartment));
  if (apartment && becomesLetWhole(apartment)) return attachToTask(task, apartment, context);
  if (apartment) return upsertRoom(task, apartment.record, context);
  if (!link) return syncInPlace(task, context);
  if (isUpToDate(task, context)) return;
  const unit = await context.finder.findOrLookUp("unit", link.id);
  if (!unit) {
    const message =
      `The unit ${JSON.stringify(id)} belongs to ${describeItem("apartment", link.id)}, and Alma has no unit with this ` +
      "Bitrix id. Send the apartment too.";
    return task.fail(...task.deferredErrors, { code: "MISSING_LINK", message, field: link.from });
  }
  if (isLetWhole(unit)) return attachToRecord(task, unit, context);
  return upsertRoom(task, unit, context);
}

/** Syncs a unit whose item does not refer to its apartment; its record is not moved. */
async function syncInPlace(task: ItemTask, context: SyncContext) {
  if (!task.before) {
    const { representative } = await findRepresentative(task.item.id ?? "", context);
    if (representative?.kind === "room") task.setExisting(representative);
    else if (representative) {
      task.record = representative;
      return markAttached(task, []);
    }
  }
  const errors = [...task.deferredErrors, ...(task.before ? [] : (task.item.missing ?? []))];
  return errors.length > 0 ? task.fail(...errors) : upsert(task, {}, context);
}

/** Creates or updates the room. `unit`: the record of its apartment; undefined if a dry run would create it. */
async function upsertRoom(task: ItemTask, unit: CachedRecord | undefined, context: SyncContext) {
  if (task.deferredErrors.length > 0) return task.fail(...task.deferredErrors);
  const { parentUnit } = (task.before ?? {}) as KnownFields<"room">;
  if (unit && isArchived(unit) && parentUnit?.id !== unit.id) {
    const { id, links } = task.item;
    const beginning = `The unit ${JSON.stringify(id)} belongs to ${describeItem("apartment", links.apartment?.id)}`;
    return task.fail({ ...archivedParentError(beginning, unit), field: links.apartment?.from });
  }
  return upsert(task, { parentUnit: unit?.id ?? "planned" }, context);
}

/** Returns whether a Bitrix unit becomes a room. Its apartment may not be written yet. */
export async function becomesRoom(task: ItemTask, { batch, finder }: SyncContext): Promise<boolean> {
  const apartment = batch.linkedTask(task, "apartment");
  if (apartment) return !becomesLetWhole(apartment);
  const { apartment: link } = task.item.links;
  if (!link) return task.before !== undefined;
  const unit = await finder.find("unit", link.id);
  return unit !== undefined && !isLetWhole(unit);
}

/**
 * Ends the task of a room that equals its item and is in the correct unit. This avoids a read of the unit, unless the
 * cached unit is let as a whole. Returns whether the task ended. Throws AlmaError like `finishIfUnchanged`.
 */
function isUpToDate(task: ItemTask, context: SyncContext) {
  const { parentUnit } = (task.before ?? {}) as KnownFields<"room">;
  if (parentUnit == null || !isSameExternalId(parentUnit.externalId, task.item.links.apartment?.id))
    return false;
  if (task.deferredErrors.length > 0) return false;
  const unit = context.catalog.store.tables.unit.get(parentUnit.id);
  if (unit && isLetWhole(unit)) return false;
  return finishIfUnchanged(task, findDifference(task, {}), context);
}

/** Attaches a unit to an apartment of the same sync, which was written with the unit's id. */
async function attachToTask(task: ItemTask, apartment: ItemTask, context: SyncContext) {
  const { id } = task.item;
  const attached = attachedUnitId(apartment);
  if (id !== undefined && attached === id) {
    const changes = apartment.changes.filter(
      ({ field }) => field === "additionalExternalId" || field === "isUsedAdditionalExternalId",
    );
    await setApartmentAsRecord(task, apartment.record, context);
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

/** Attaches a unit to an apartment that is in Alma and not among the items. */
async function attachToRecord(task: ItemTask, unit: CachedRecord, context: SyncContext) {
  await setApartmentAsRecord(task, unit, context);
  if (task.isDone) return;
  const { additionalExternalId: currentId } = unit.value as KnownFields<"unit">;
  if (isSameExternalId(currentId, task.item.id)) return markAttached(task, []);
  if (currentId != null)
    return failSecondUnit(task, unit.key, `the Bitrix unit ${JSON.stringify(currentId)}`);
  const conflict = await findOtherRepresentative(task.item.id ?? "", unit, context);
  if (conflict) return task.fail(otherRepresentativeError(describeItem("unit", task.item.id), conflict));
  const change = { field: "additionalExternalId", before: null, after: task.item.id };
  const fields = { additionalExternalId: task.item.id };
  await writeDifference(task, { fields, parents: {}, changes: [change] }, context);
  if (!task.hasFailed) markAttached(task, task.changes);
}

/** Makes the apartment's unit the task's record. Fails the task if a room with the Bitrix unit's id exists. */
async function setApartmentAsRecord(
  task: ItemTask,
  unit: CachedRecord | undefined,
  { catalog, finder }: SyncContext,
) {
  const { id = "" } = task.item;
  const isListed = catalog.store.tables.room.findListed(id) !== undefined;
  const room = task.record ?? (isListed ? await finder.find("room", id) : undefined);
  if (room && !isArchived(room)) return task.fail(otherRepresentativeError(describeItem("unit", id), room));
  task.record = unit;
}

function markAttached(task: Task, changes: Task["changes"]) {
  task.action = "ATTACHED_TO_UNIT";
  task.changes = changes;
}

/** Fails a unit whose apartment is let as a whole and represents another unit. */
export function failSecondUnit(task: ItemTask, apartment: string, conflict: string): void {
  const message =
    `The unit ${JSON.stringify(task.item.id)} belongs to ${apartment}, which is let as a whole and can represent one Bitrix unit only; ` +
    `there is ${conflict} as well. Correct the links in Bitrix, or the letting of the apartment.`;
  task.fail({ code: "WHOLE_LET_UNIT", message });
}
