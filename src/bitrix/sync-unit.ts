import type { Known } from "../catalog/index.ts";
import type { Batch } from "./batch.ts";
import type { MappedLink } from "./mapped.ts";
import { put } from "./put.ts";
import type { SyncError } from "./sync-error.ts";
import type { SyncTools } from "./sync-tools.ts";
import { type ItemTask, nameOf, parentFailed, type Task } from "./task.ts";
import type { Parents } from "./writer.ts";

const FLAG = "isUsedAdditionalExternalId";
const ADDITIONAL = "additionalExternalId";

/** Brings an apartment in, with the Bitrix unit of one that is let whole (Alma: Apartments, POST). */
export async function syncUnit(task: ItemTask, building: Task | undefined, tools: SyncTools): Promise<void> {
  if (building?.failed)
    return task.fail(parentFailed(building, `the building ${JSON.stringify(building.value("name"))}`));
  const changed = lettingChanged(task);
  if (changed) return task.fail(changed);
  if (isWhole(task)) attach(task, tools);
  if (task.failed) return;
  await put(task, parentOf(building), tools, () => syncUnit(task, building, tools));
}

/** Whether an apartment's item says that it is let whole. */
export function saysWhole(task: ItemTask | undefined): boolean {
  return task?.value(FLAG) === true;
}

/** Whether an apartment is let whole: as its item says, else as Alma does. */
export function isWhole(task: ItemTask): boolean {
  return (task.value(FLAG) ?? task.before?.[FLAG]) === true;
}

/** The Bitrix unit that an apartment let whole has, or is to have, in Alma. */
export function attachedUnit(task: ItemTask): unknown {
  return task.value(ADDITIONAL) ?? task.before?.[ADDITIONAL] ?? undefined;
}

/** An apartment without a building's name stays where it is; a new one is refused by what a create needs. */
function parentOf(building: Task | undefined): Parents {
  if (!building) return {};
  return { building: building.entry?.id ?? "planned" };
}

/** The unit that the apartment's item names comes first; else the one unit of this sync that names the apartment. */
function attach(task: ItemTask, { batch }: SyncTools): void {
  const own = task.item.links.unit;
  const [unit, another] = batch.unitsOf(task);
  const rival = own && rivalOf(task, own, batch);
  if (own?.others) task.fail(severalUnits(task, own));
  else if (own && rival) task.fail(sharedUnit(task, own, rival));
  else if (own) task.fields.set(ADDITIONAL, { value: own.id, from: own.from });
  else if (unit?.item.id !== undefined && !another) {
    const from = unit.item.links.apartment?.from;
    const shown = task.before?.[ADDITIONAL];
    if (shown == null) task.fields.set(ADDITIONAL, { value: unit.item.id, ...(from && { from }) });
    else task.fields.delete(ADDITIONAL);
  }
}

/** The other apartment that an apartment's unit belongs to: by its own item, else by that of an apartment let whole. */
function rivalOf(task: ItemTask, own: MappedLink, batch: Batch): string | undefined {
  const said = batch.linked(task, "unit")?.item.links.apartment?.id;
  if (said !== undefined) return said === task.item.id ? undefined : said;
  return batch.tasks.find(
    ({ item, action }) =>
      item.kind === "apartment" &&
      item.id !== task.item.id &&
      item.links.unit?.id === own.id &&
      action !== "SKIPPED",
  )?.item.id;
}

function sharedUnit({ item }: ItemTask, { id, from }: MappedLink, rival: string): SyncError {
  const message =
    `The apartment ${JSON.stringify(item.id)} is let whole and names the unit ${JSON.stringify(id)}, which belongs to the ` +
    `apartment ${JSON.stringify(rival)} as well or instead: it could be found in one only. Correct the links in Bitrix.`;
  return { code: "WHOLE_LET_UNIT", message, field: from };
}

function severalUnits({ item }: ItemTask, { id, others = [], from }: MappedLink): SyncError {
  const message =
    `The apartment ${JSON.stringify(item.id)} is let whole and can stand for one Bitrix unit only, but names ${[id, ...others].join(", ")}. ` +
    "Leave the one that is let in Bitrix, or correct the letting of the apartment.";
  return { code: "WHOLE_LET_UNIT", message, field: from };
}

function lettingChanged(task: ItemTask): SyncError | undefined {
  const wanted = task.value(FLAG);
  const shown = task.before?.[FLAG];
  if (typeof wanted !== "boolean" || typeof shown !== "boolean" || wanted === shown) return undefined;
  const key = task.entry?.key ?? "";
  const from = task.fields.get(FLAG)?.from;
  const { additionalExternalId } = (task.before ?? {}) as Known<"unit">;
  const message = wanted
    ? `In Bitrix ${nameOf("apartment", task.item.id)} is let whole now, in Alma ${key} is let by rooms. Nothing was changed, ` +
      "because its rooms and their contracts would be in the way of new contracts. Archive its rooms in Alma (archiveRoom " +
      `with dryRun shows what goes with each), then set ${FLAG}: true on it by updateUnit, and send the items again.`
    : `In Bitrix ${nameOf("apartment", task.item.id)} is let by rooms now, in Alma ${key} is let whole` +
      (additionalExternalId == null
        ? ""
        : ` and stands for the Bitrix unit ${JSON.stringify(additionalExternalId)}`) +
      `. Nothing was changed, because contracts made for that unit are on ${key}. When they have ended, set ${FLAG}: false ` +
      `and ${ADDITIONAL}: null on it by updateUnit, and send the items again.`;
  return { code: "LETTING_CHANGED", message, ...(from !== undefined && { field: from }) };
}
