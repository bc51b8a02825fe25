import { isSameExternalId, stripBlanks } from "../../../alma/index.ts";
import type { KnownFields } from "../../../catalog/index.ts";
import { describeItem } from "../item/item-kind.ts";
import type { ItemError, ItemLink } from "../item/mapped-item.ts";
import type { Batch } from "../task/batch.ts";
import type { SyncContext } from "../task/context.ts";
import { type ItemTask, parentFailedError, type Task } from "../task/task.ts";
import { createOrFind, lookUpExisting, updateIfDifferent } from "../task/upsert.ts";
import type { ParentIds } from "../task/writer.ts";
import { findOtherRepresentative, otherRepresentativeError } from "./representative.ts";

const LET_WHOLE = "isUsedAdditionalExternalId";
const ADDITIONAL_ID = "additionalExternalId";

/**
 * Creates or updates the unit of a Bitrix apartment. An apartment that is let as a whole gets its Bitrix unit's id as
 * additional external id (Alma: Apartments, POST). A change between letting as a whole and by room fails.
 */
export async function syncUnit(
  task: ItemTask,
  building: Task | undefined,
  context: SyncContext,
): Promise<void> {
  if (building?.hasFailed) return task.fail(parentFailedError(building));
  // An empty field does not decide how an apartment is let.
  if (task.value(LET_WHOLE) == null) task.fields.delete(LET_WHOLE);
  // The list may omit an existing unit, whose record shows how it is let.
  if (!task.before && !task.fields.has(LET_WHOLE)) await lookUpExisting(task, context);
  const error = changedLettingError(task) ?? unknownLettingError(task);
  if (error) return task.fail(error);
  if (becomesLetWhole(task)) await attachUnit(task, context);
  if (task.hasFailed) return;
  // Without a building, an existing unit is not moved, and a new one is refused as REQUIRED.
  const parents: ParentIds = building ? { building: building.record?.id ?? "planned" } : {};
  if (task.before) return updateIfDifferent(task, parents, context);
  // How a unit that the create finds is let must be compared too.
  if (await createOrFind(task, parents, context)) await syncUnit(task, building, context);
}

/** Returns whether an apartment's item says that it is let as a whole. */
export function isItemLetWhole(task: ItemTask | undefined): boolean {
  return task?.value(LET_WHOLE) === true;
}

/** Returns whether an apartment is let as a whole after the sync: according to its item, or else to Alma. */
export function becomesLetWhole(task: ItemTask): boolean {
  return (task.value(LET_WHOLE) ?? task.before?.[LET_WHOLE]) === true;
}

/** Returns the id of the Bitrix unit that an apartment let as a whole represents after the sync. */
export function attachedUnitId(task: ItemTask): string | undefined {
  const id = task.value(ADDITIONAL_ID) ?? task.before?.[ADDITIONAL_ID];
  return typeof id === "string" ? stripBlanks(id) : undefined;
}

/**
 * Returns the apartment of this sync that is let as a whole and represents a Bitrix unit that is not among the items.
 */
export function apartmentTaskFor(unit: string, { batch }: Pick<SyncContext, "batch">): ItemTask | undefined {
  return batch.tasks.find(
    (task) =>
      task.item.kind === "apartment" &&
      becomesLetWhole(task) &&
      // The item's own link comes first, because the fields of a failed apartment lack its unit.
      (task.item.links.unit?.id ?? attachedUnitId(task)) === unit,
  );
}

/** Sets the Bitrix unit of an apartment that is let as a whole. Fails if that unit has another representative. */
async function attachUnit(task: ItemTask, context: SyncContext) {
  chooseUnit(task, context.batch);
  const unit = task.value(ADDITIONAL_ID);
  if (task.hasFailed || typeof unit !== "string" || isSameExternalId(unit, task.before?.[ADDITIONAL_ID]))
    return;
  const conflict = await findOtherRepresentative(unit, task.record, context);
  // This is the apartment itself, which the list omitted or which was just created; `createOrFind` finds it.
  if (!task.before && isSameExternalId(conflict?.value.externalId, task.item.id)) return;
  if (conflict)
    task.fail({
      ...otherRepresentativeError(describeItem("unit", unit), conflict),
      field: task.bitrixFieldOf(ADDITIONAL_ID),
    });
}

/** Chooses the unit linked by the apartment's item, else the only unit of this sync that links to the apartment. */
export function chooseUnit(task: ItemTask, batch: Batch): void {
  const own = task.item.links.unit;
  const [unit, another] = batch.unitsOf(task);
  const otherApartment = own && otherApartmentOf(task, own, batch);
  if (own?.otherIds) task.fail(severalUnitsError(task, own));
  else if (own && otherApartment) task.fail(sharedUnitError(task, own, otherApartment));
  else if (own) task.fields.set(ADDITIONAL_ID, { value: own.id, from: own.from });
  else if (unit?.item.id !== undefined && !another) {
    const from = unit.item.links.apartment?.from;
    const currentId = task.before?.[ADDITIONAL_ID];
    // Keep the unit that the apartment already represents in Alma; the unit of this sync then fails as the second one.
    if (currentId == null) task.fields.set(ADDITIONAL_ID, { value: unit.item.id, from });
    else task.fields.delete(ADDITIONAL_ID);
  }
}

/** Returns the id of another apartment that the unit's item links to, or else that links to the unit. */
function otherApartmentOf(task: ItemTask, own: ItemLink, batch: Batch) {
  const statedApartment = batch.linkedTask(task, "unit")?.item.links.apartment?.id;
  if (statedApartment !== undefined) return statedApartment === task.item.id ? undefined : statedApartment;
  return batch.tasks.find(
    ({ item, action }) =>
      item.kind === "apartment" &&
      item.id !== task.item.id &&
      item.links.unit?.id === own.id &&
      action !== "SKIPPED",
  )?.item.id;
}

function sharedUnitError({ item }: ItemTask, { id, from }: ItemLink, otherApartment: string): ItemError {
  const message =
    `The apartment ${JSON.stringify(item.id)} is let as a whole and names the unit ${JSON.stringify(id)}, which belongs to the ` +
    `apartment ${JSON.stringify(otherApartment)} as well or instead. Alma finds it in one only: correct the links in Bitrix.`;
  return { code: "WHOLE_LET_UNIT", message, field: from };
}

function severalUnitsError({ item }: ItemTask, { id, otherIds: others = [], from }: ItemLink): ItemError {
  const message =
    `The apartment ${JSON.stringify(item.id)} is let as a whole and can represent one Bitrix unit only, but names ${[id, ...others].join(", ")}. ` +
    "In Bitrix, keep only the one that is let, or correct the letting of the apartment.";
  return { code: "WHOLE_LET_UNIT", message, field: from };
}

/** Creates the error of a new apartment that does not say how it is let, which decides what its Bitrix units become. */
function unknownLettingError(task: ItemTask): ItemError | undefined {
  if (task.before || task.fields.has(LET_WHOLE)) return undefined;
  const field = task.bitrixFieldOf(LET_WHOLE);
  const message =
    `Alma has no unit for ${describeItem("apartment", task.item.id)} yet, and the item does not say whether it is let as a whole or by ` +
    `rooms. Set that in Bitrix${field === undefined ? "" : ` (the field ${field})`}, and send it with that field.`;
  return { code: "REQUIRED", message, field };
}

function changedLettingError(task: ItemTask): ItemError | undefined {
  const wanted = task.value(LET_WHOLE);
  const current = task.before?.[LET_WHOLE];
  if (typeof wanted !== "boolean" || typeof current !== "boolean" || wanted === current) return undefined;
  const key = task.record?.key ?? "";
  const { additionalExternalId } = (task.before ?? {}) as KnownFields<"unit">;
  const apartment = describeItem("apartment", task.item.id);
  const message = wanted
    ? `In Bitrix ${apartment} is let as a whole now, in Alma ${key} is let by rooms. Nothing was changed, because its rooms and ` +
      "their contracts would be in the way of new contracts. Move the contracts of its rooms to it (updateTenantContract), " +
      "archive the rooms (archiveRoom with dryRun shows what else would be archived permanently), then set " +
      `${LET_WHOLE}: true on it by updateUnit, and send the items again.`
    : `In Bitrix ${apartment} is let by rooms now, in Alma ${key} is let as a whole` +
      (additionalExternalId == null
        ? ""
        : ` and represents the Bitrix unit ${JSON.stringify(additionalExternalId)}`) +
      `. Nothing was changed, because contracts made for that unit are on ${key}. When they have ended, set ${LET_WHOLE}: false ` +
      `and ${ADDITIONAL_ID}: null on it by updateUnit, and send the items again.`;
  return { code: "LETTING_CHANGED", message, field: task.bitrixFieldOf(LET_WHOLE) };
}
