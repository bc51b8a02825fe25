import type { Known } from "../catalog/index.ts";
import type { Batch } from "./batch.ts";
import type { MappedLink } from "./mapped.ts";
import { put } from "./put.ts";
import { occupied, standIn } from "./stand-in.ts";
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
  // An empty field says nothing: it makes no apartment one that is let by rooms.
  if (task.value(FLAG) == null) task.fields.delete(FLAG);
  if (!task.before && !task.fields.has(FLAG)) await look(task, tools);
  const wrong = lettingChanged(task) ?? lettingUnknown(task);
  if (wrong) return task.fail(wrong);
  if (isWhole(task)) await attach(task, tools);
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

/** One that the list did not show may be there all the same, and then say how it is let. */
async function look(task: ItemTask, { finder }: SyncTools): Promise<void> {
  const found = await finder.lookUp(task.kind, task.item.id ?? "");
  if (found) task.found(found);
}

/** Gives an apartment that is let whole its Bitrix unit, unless something else stands for that in Alma. */
async function attach(task: ItemTask, tools: SyncTools): Promise<void> {
  choose(task, tools);
  const unit = task.value(ADDITIONAL);
  if (task.failed || typeof unit !== "string" || unit === task.before?.[ADDITIONAL]) return;
  const rival = await standIn(unit, task.entry, tools);
  // The apartment itself, which no list names or somebody has just made: it is found when it is to be created.
  if (!task.before && rival?.value.externalId === task.item.id) return;
  if (rival) task.fail({ ...occupied(nameOf("unit", unit), rival), ...place(task, ADDITIONAL) });
}

/** The unit that the apartment's item names comes first; else the one unit of this sync that names the apartment. */
function choose(task: ItemTask, { batch }: SyncTools): void {
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

/** How a new apartment is let decides what becomes of its units, and is not guessed. */
function lettingUnknown(task: ItemTask): SyncError | undefined {
  if (task.before || task.fields.has(FLAG)) return undefined;
  const field = task.codeOf(FLAG);
  const message =
    `Alma has no unit for ${nameOf("apartment", task.item.id)} yet, and the item does not say whether it is let whole or by ` +
    `rooms. Set that in Bitrix${field === undefined ? "" : ` (the field ${field})`}, and send it with that field.`;
  return { code: "REQUIRED", message, ...place(task, FLAG) };
}

function lettingChanged(task: ItemTask): SyncError | undefined {
  const wanted = task.value(FLAG);
  const shown = task.before?.[FLAG];
  if (typeof wanted !== "boolean" || typeof shown !== "boolean" || wanted === shown) return undefined;
  const key = task.entry?.key ?? "";
  const { additionalExternalId } = (task.before ?? {}) as Known<"unit">;
  const apartment = nameOf("apartment", task.item.id);
  const message = wanted
    ? `In Bitrix ${apartment} is let whole now, in Alma ${key} is let by rooms. Nothing was changed, because its rooms and ` +
      "their contracts would be in the way of new contracts. Move the contracts of its rooms to it (updateTenantContract), " +
      "archive the rooms (archiveRoom with dryRun shows what would go with each for good), then set " +
      `${FLAG}: true on it by updateUnit, and send the items again.`
    : `In Bitrix ${apartment} is let by rooms now, in Alma ${key} is let whole` +
      (additionalExternalId == null
        ? ""
        : ` and stands for the Bitrix unit ${JSON.stringify(additionalExternalId)}`) +
      `. Nothing was changed, because contracts made for that unit are on ${key}. When they have ended, set ${FLAG}: false ` +
      `and ${ADDITIONAL}: null on it by updateUnit, and send the items again.`;
  return { code: "LETTING_CHANGED", message, ...place(task, FLAG) };
}

function place(task: ItemTask, field: string) {
  const code = task.codeOf(field);
  return code !== undefined && { field: code };
}
