import { type CachedRecord, isArchived, type KnownFields } from "../../../catalog/index.ts";
import { describeItem, type ItemKind } from "../item/item-kind.ts";
import type { SyncContext } from "../task/context.ts";
import { type ItemTask, parentFailedError } from "../task/task.ts";
import { lookUpExisting } from "../task/upsert.ts";
import { archivedParentError } from "./archived.ts";
import { findRepresentative, represents } from "./representative.ts";
import { apartmentTaskFor } from "./unit.ts";

/** A parent record; "planned" if a dry run would create it; undefined if the task failed because it is missing. */
type Parent = CachedRecord | "planned" | undefined;
/** The Alma id of a parent record; also undefined if neither the item nor Alma has one. */
type ParentId = number | "planned" | undefined;

/** The rental object and the client of an existing contract; undefined for a new one. */
export function unitUsageOf({ before }: ItemTask): KnownFields<"tenantContract">["unitUsage"] {
  return (before as KnownFields<"tenantContract"> | undefined)?.unitUsage;
}

/** Returns the Bitrix field that links to an item, for an error about it. */
export const linkField = ({ item }: ItemTask, kind: ItemKind): string | undefined => item.links[kind]?.from;

/**
 * Finds the rental object and the client of a contract: those linked by its item, else those of the existing contract.
 * Fails the task if one is neither in this sync nor in Alma, or if the contract would move to an archived object.
 * Throws AlmaError.
 */
export async function findContractParents(
  task: ItemTask,
  context: SyncContext,
): Promise<{ readonly rentalObject?: ParentId; readonly client?: ParentId }> {
  const { missing } = task.item;
  if (missing && !task.before) await lookUpExisting(task, context);
  if (missing && !task.before) task.fail(...missing);
  if (task.hasFailed) return {};
  const [rentalObject, client] = await Promise.all([
    findRentalObjectId(task, context),
    findClientId(task, context),
  ]);
  return { rentalObject, client };
}

/**
 * Finds the rental object of a contract. An owner contract is on its apartment. A tenant contract is on the
 * representative of its Bitrix unit (see `representative.ts`), or on its apartment if it has no unit. An archived
 * contract is not moved, because Alma refuses every change to it (Alma: Contracts, PATCH).
 */
async function findRentalObjectId(task: ItemTask, context: SyncContext): Promise<ParentId> {
  const { unitId: currentId, isArchived: isFixed } = unitUsageOf(task) ?? {};
  if (isFixed && currentId != null) return currentId;
  const kind = task.item.kind === "tenantContract" && task.item.links.unit ? "unit" : "apartment";
  const id = task.item.links[kind]?.id;
  if (id === undefined) return currentId ?? undefined;
  const parentTask =
    context.batch.linkedTask(task, kind) ?? (kind === "unit" ? apartmentTaskFor(id, context) : undefined);
  const object = parentTask
    ? parentOf(task, parentTask)
    : await findRentalObject(task, { kind, id, currentId }, context);
  if (object === undefined || object === "planned") return object;
  if (!isArchived(object) || object.id === currentId) return object.id;
  const beginning = `The contract names ${describeItem(kind, id)}`;
  task.fail({ ...archivedParentError(beginning, object), field: linkField(task, kind) });
  return undefined;
}

/** Finds the rental object in Alma for a Bitrix apartment or unit that is not in this sync. */
async function findRentalObject(
  task: ItemTask,
  { kind, id, currentId }: { kind: "apartment" | "unit"; id: string; currentId: number | null | undefined },
  context: SyncContext,
): Promise<Parent> {
  const { catalog, finder } = context;
  const current = currentId == null ? undefined : catalog.store.findRentalObject(currentId);
  if (current && isObjectOf(current, kind, id)) return current;
  if (kind === "apartment")
    return (await finder.findOrLookUp("unit", id)) ?? failMissingParent(task, kind, "unit");
  const { representative, namesake } = await findRepresentative(id, context);
  if (representative) return representative;
  const mistake = namesake && namesake.id === currentId ? ", where the contract is by mistake," : "";
  const explanation = namesake && `${namesake.key}${mistake} is the apartment of this number, not the unit.`;
  return failMissingParent(task, kind, "unit or room", explanation);
}

/** Returns whether a cached record is the rental object of a Bitrix apartment or unit, which avoids a lookup. */
function isObjectOf(record: CachedRecord, kind: "apartment" | "unit", id: string) {
  if (kind === "unit") return represents(record, id);
  return record.kind === "unit" && record.value.externalId === id;
}

async function findClientId(task: ItemTask, { batch, catalog, finder }: SyncContext): Promise<ParentId> {
  const parentTask = batch.linkedTask(task, "contact");
  const id = task.item.links.contact?.id;
  const { clientId } = unitUsageOf(task) ?? {};
  if (id === undefined) return clientId ?? undefined;
  const current = clientId == null ? undefined : catalog.store.getOrCreate("client", clientId);
  if (!parentTask && current?.value.externalId === id) return current.id;
  const client = parentTask
    ? parentOf(task, parentTask)
    : ((await finder.findOrLookUp("client", id)) ?? failMissingParent(task, "contact", "client"));
  return client === undefined || client === "planned" ? client : client.id;
}

function parentOf(task: ItemTask, parent: ItemTask): Parent {
  if (!parent.hasFailed) return parent.record ?? "planned";
  task.fail(parentFailedError(parent));
  return undefined;
}

function failMissingParent(
  task: ItemTask,
  kind: "apartment" | "unit" | "contact",
  record: string,
  explanation?: string,
) {
  const message =
    `The contract names ${describeItem(kind, task.item.links[kind]?.id)}, and Alma has no ${record} with this Bitrix id` +
    `${explanation === undefined ? "." : `; ${explanation}`} Send that item too.`;
  task.fail({ code: "MISSING_LINK", message, field: linkField(task, kind) });
  return undefined;
}
