import { type Entry, type Known, standsFor } from "../catalog/index.ts";
import { put } from "./put.ts";
import type { SyncTools } from "./sync-tools.ts";
import { attachedUnit, isWhole } from "./sync-unit.ts";
import { type ItemTask, nameOf, parentFailed } from "./task.ts";

type Contract = Known<"ownerContract"> & Known<"tenantContract">;

/**
 * The Alma id of a record that another one hangs on; "planned" if a dry run would create it; undefined: the task
 * failed.
 */
type Parent = number | "planned" | undefined;

/** Brings a contract in, on its rental object and for its client (Alma: Contracts). */
export async function syncContract(task: ItemTask, tools: SyncTools): Promise<void> {
  const [rentalObject, client] = await Promise.all([objectOf(task, tools), clientOf(task, tools)]);
  if (rentalObject === undefined || client === undefined) return;
  const { unitUsage } = (task.before ?? {}) as Contract;
  if (!task.before) return put(task, { rentalObject, client }, tools, () => syncContract(task, tools));
  if (unitUsage?.clientId != null && unitUsage.clientId !== client) {
    const message =
      `${task.entry?.key} is with Client:${unitUsage.clientId} in Alma, and the item names ${nameOf("contact", task.item.links.contact?.id)}. ` +
      "Alma has no way to give a contract to another client: end this one, and make a new contract in Bitrix.";
    return task.fail({ code: "REJECTED", message, ...place(task, "contact") });
  }
  return put(task, { rentalObject }, tools);
}

/** Fails a contract that names what is neither in this sync nor in Alma, before anything is sent for it. */
export async function checkLinks(task: ItemTask, tools: SyncTools): Promise<void> {
  await Promise.all([objectOf(task, tools), clientOf(task, tools)]);
}

/**
 * An owner contract is on its apartment; a tenant contract on what stands in Alma for its Bitrix unit, if it names one.
 */
async function objectOf(task: ItemTask, tools: SyncTools): Promise<Parent> {
  const kind = task.item.kind === "tenantContract" && task.item.links.unit ? "unit" : "apartment";
  const link = task.item.links[kind];
  const within =
    tools.batch.linked(task, kind) ?? (kind === "unit" ? apartmentFor(link?.id, tools) : undefined);
  if (within) return parentWithin(task, within);
  const { store } = tools.catalog;
  const { unitUsage } = (task.before ?? {}) as Contract;
  const present = unitUsage?.unitId == null ? undefined : store.rentalObject(unitUsage.unitId);
  if (present && link && answersTo(present, link.id)) return present.id;
  const { finder } = tools;
  const id = link?.id ?? "";
  const found = kind === "apartment" ? await finder.idOf("unit", id) : (await finder.rentalObject(id))?.id;
  return found ?? missing(task, kind, "unit or room");
}

/** The apartment of this sync that is let whole and stands for a Bitrix unit which is not among the items. */
function apartmentFor(unit: string | undefined, { batch }: SyncTools): ItemTask | undefined {
  return batch.tasks.find(
    (task) =>
      task.item.kind === "apartment" &&
      isWhole(task) &&
      // One that failed has not been given the unit that it names.
      (task.item.links.unit?.id ?? attachedUnit(task)) === unit,
  );
}

/** Whether a record is known to have a Bitrix id, so that Alma need not be asked for it. */
function answersTo(record: Entry, externalId: string): boolean {
  return record.value.externalId === externalId || standsFor(record, externalId);
}

async function clientOf(task: ItemTask, tools: SyncTools): Promise<Parent> {
  const within = tools.batch.linked(task, "contact");
  if (within) return parentWithin(task, within);
  const id = task.item.links.contact?.id ?? "";
  const { unitUsage } = (task.before ?? {}) as Contract;
  const present =
    unitUsage?.clientId == null ? undefined : tools.catalog.store.entry("client", unitUsage.clientId);
  if (present?.value.externalId === id) return present.id;
  return (await tools.finder.idOf("client", id)) ?? missing(task, "contact", "client");
}

function parentWithin(task: ItemTask, parent: ItemTask): Parent {
  if (parent.failed) {
    task.fail(parentFailed(parent, parent.name));
    return undefined;
  }
  return parent.entry?.id ?? "planned";
}

function missing(task: ItemTask, kind: "apartment" | "unit" | "contact", record: string): undefined {
  const message =
    `The contract names ${nameOf(kind, task.item.links[kind]?.id)}, and Alma has no ${record} with this Bitrix id. ` +
    "Send that item too.";
  task.fail({ code: "MISSING_LINK", message, ...place(task, kind) });
  return undefined;
}

function place(task: ItemTask, kind: "apartment" | "unit" | "contact") {
  const from = task.item.links[kind]?.from;
  return from !== undefined && { field: from };
}
