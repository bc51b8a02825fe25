import { type CachedRecord, isRepresentativeOf, type KnownFields } from "../../catalog/index.ts";
import { describeItem } from "../item/item-kind.ts";
import type { SyncContext } from "./context.ts";
import { type ItemTask, parentFailedError } from "./task.ts";
import { attachedUnitId, becomesLetWhole } from "./unit.ts";
import { upsert } from "./upsert.ts";

type AnyContract = KnownFields<"ownerContract"> & KnownFields<"tenantContract">;

/** The Alma id of a parent record; "planned" if a dry run would create it; undefined if the task failed without one. */
type ParentId = number | "planned" | undefined;

/** Creates or updates a contract on its rental object and for its client (Alma: Contracts). */
export async function syncContract(task: ItemTask, context: SyncContext): Promise<void> {
  const [rentalObject, client] = await Promise.all([
    findRentalObjectId(task, context),
    findClientId(task, context),
  ]);
  if (rentalObject === undefined || client === undefined) return;
  const { unitUsage } = (task.before ?? {}) as AnyContract;
  // If the create finds the contract, its client has to be compared too.
  if (!task.before) return upsert(task, { rentalObject, client }, context, () => syncContract(task, context));
  if (unitUsage?.clientId != null && unitUsage.clientId !== client) {
    const message =
      `${task.record?.key} is with Client:${unitUsage.clientId} in Alma, and the item names ${describeItem("contact", task.item.links.contact?.id)}. ` +
      "Alma has no way to give a contract to another client: end this one, and make a new contract in Bitrix.";
    return task.fail({ code: "REJECTED", message, ...errorField(task, "contact") });
  }
  return upsert(task, { rentalObject }, context);
}

/**
 * Fails a contract whose rental object or client is neither in this sync nor in Alma. Files are uploaded only for
 * contracts that pass.
 */
export async function checkParents(task: ItemTask, context: SyncContext): Promise<void> {
  await Promise.all([findRentalObjectId(task, context), findClientId(task, context)]);
}

/**
 * The rental object of a contract. An owner contract is on its apartment. A tenant contract is on the representative of
 * its Bitrix unit (see `representative.ts`), or on its apartment if it names no unit.
 */
async function findRentalObjectId(task: ItemTask, context: SyncContext): Promise<ParentId> {
  const kind = task.item.kind === "tenantContract" && task.item.links.unit ? "unit" : "apartment";
  const link = task.item.links[kind];
  const parentTask =
    context.batch.linkedTask(task, kind) ??
    (kind === "unit" ? apartmentTaskFor(link?.id, context) : undefined);
  if (parentTask) return parentIdOf(task, parentTask);
  const { store } = context.catalog;
  const { unitUsage } = (task.before ?? {}) as AnyContract;
  const current = unitUsage?.unitId == null ? undefined : store.findRentalObject(unitUsage.unitId);
  if (current && link && hasExternalId(current, link.id)) return current.id;
  const { finder } = context;
  const id = link?.id ?? "";
  const foundId =
    kind === "apartment" ? await finder.findId("unit", id) : (await finder.findRentalObject(id))?.id;
  return foundId ?? failMissingParent(task, kind, "unit or room");
}

/** The apartment of this sync that is let whole and represents a Bitrix unit which is not among the items. */
function apartmentTaskFor(unit: string | undefined, { batch }: SyncContext): ItemTask | undefined {
  return batch.tasks.find(
    (task) =>
      task.item.kind === "apartment" &&
      becomesLetWhole(task) &&
      // The item's own link comes first: a failed apartment does not have its unit among its fields.
      (task.item.links.unit?.id ?? attachedUnitId(task)) === unit,
  );
}

/** Whether a cached record has this Bitrix id; if so, no lookup in Alma is needed. */
function hasExternalId(record: CachedRecord, externalId: string): boolean {
  return record.value.externalId === externalId || isRepresentativeOf(record, externalId);
}

async function findClientId(task: ItemTask, context: SyncContext): Promise<ParentId> {
  const parentTask = context.batch.linkedTask(task, "contact");
  if (parentTask) return parentIdOf(task, parentTask);
  const id = task.item.links.contact?.id ?? "";
  const { unitUsage } = (task.before ?? {}) as AnyContract;
  const current =
    unitUsage?.clientId == null ? undefined : context.catalog.store.getOrCreate("client", unitUsage.clientId);
  if (current?.value.externalId === id) return current.id;
  return (await context.finder.findId("client", id)) ?? failMissingParent(task, "contact", "client");
}

function parentIdOf(task: ItemTask, parent: ItemTask): ParentId {
  if (parent.hasFailed) {
    task.fail(parentFailedError(parent, parent.label));
    return undefined;
  }
  return parent.record?.id ?? "planned";
}

function failMissingParent(
  task: ItemTask,
  kind: "apartment" | "unit" | "contact",
  record: string,
): undefined {
  const message =
    `The contract names ${describeItem(kind, task.item.links[kind]?.id)}, and Alma has no ${record} with this Bitrix id. ` +
    "Send that item too.";
  task.fail({ code: "MISSING_LINK", message, ...errorField(task, kind) });
  return undefined;
}

function errorField(task: ItemTask, kind: "apartment" | "unit" | "contact") {
  const from = task.item.links[kind]?.from;
  return from !== undefined && { field: from };
}
