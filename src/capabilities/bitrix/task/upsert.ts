import { AlmaError, shownValue, showsStored } from "../../../alma/index.ts";
import { type CachedRecord, recordVerdict } from "../../../catalog/index.ts";
import type { InputFields, MutationResult } from "../../../graph/index.ts";
import type { ItemError } from "../item/mapped-item.ts";
import type { SyncContext } from "./context.ts";
import { type Difference, findDifference, fullDifference } from "./difference.ts";
import type { ItemTask, Task } from "./task.ts";
import type { ParentIds } from "./writer.ts";

/**
 * Creates a task's record, or updates it if it differs from the item. Throws AlmaError if Alma cannot be reached.
 */
export async function upsert(task: Task, parents: ParentIds, context: SyncContext): Promise<void> {
  if (task.before || (await createOrFind(task, parents, context)))
    await updateIfDifferent(task, parents, context);
}

/**
 * Creates a task's record, unless Alma has it already: then it becomes the task's existing record, and nothing is
 * written. Returns whether it was found. Throws AlmaError if Alma cannot be reached.
 */
export async function createOrFind(task: Task, parents: ParentIds, context: SyncContext): Promise<boolean> {
  const { fields, changes } = fullDifference(task, parents);
  const result = await context.writer.create(task.kind, fields, parents);
  if (result.id !== undefined && result.userErrors.some(({ code }) => code === "ALREADY_EXISTS")) {
    const record = context.catalog.store.getOrCreate(task.kind, result.id);
    task.setExisting((await context.finder.read(record)) ?? record);
    return true;
  }
  applyResult(task, "CREATED", result, changes, context);
  if (task.action === "CREATED" && task.wasSent)
    await noteCreated(task.record as CachedRecord, fields, context);
  return false;
}

/** Looks up a task's record in Alma, since lists may omit records. */
export async function lookUpExisting(task: ItemTask, { finder }: SyncContext): Promise<void> {
  const existing = await finder.lookUp(task.kind, task.item.id ?? "");
  if (existing) task.setExisting(existing);
}

/** Updates a task's existing record if it differs from the item. Throws AlmaError if Alma cannot be reached. */
export async function updateIfDifferent(task: Task, parents: ParentIds, context: SyncContext): Promise<void> {
  const difference = findDifference(task, parents);
  if (finishIfUnchanged(task, difference, context)) return;
  await writeDifference(task, difference, context);
  if (!task.hasFailed) warnOfValuesNotStored(task, difference);
}

/** Ends a task without changes. Returns whether it ended. Throws AlmaError if the record may still change. */
export function finishIfUnchanged(task: Task, difference: Difference, { writer }: SyncContext): boolean {
  if (difference.changes.length > 0) return false;
  if (task.record) writer.checkSettled(task.record);
  task.action = "UNCHANGED";
  warnOfValuesNotStored(task, difference);
  return true;
}

function warnOfValuesNotStored(task: Task, { notStored }: Difference) {
  for (const field of notStored) {
    const message = `Alma accepted this value twice without storing it: ${task.record?.key} still shows the old one. The gateway sends it again only after the value changes, in Bitrix or in Alma.`;
    const error = toTaskError(task, { code: "REJECTED", message, field });
    if (task.fields.has(field)) task.warnings.push(error);
    else task.fail(error);
  }
}

/** Updates a task's record. */
export async function writeDifference(
  task: Task,
  { fields, parents, changes }: Omit<Difference, "notStored">,
  context: SyncContext,
): Promise<void> {
  const record = task.record as CachedRecord;
  const result = await context.writer.update(record, fields, parents);
  applyResult(task, "UPDATED", result, changes, context);
}

/**
 * Reads a new record and records the values that Alma shows in another form, or never shows. A value that Alma lost is
 * written by the next sync.
 */
async function noteCreated(record: CachedRecord, written: InputFields, { catalog, finder }: SyncContext) {
  const reread = await finder.read(record).catch((error) => {
    if (error instanceof AlmaError) return undefined;
    throw error;
  });
  const after = reread?.detail;
  if (!after) return;
  for (const [field, value] of Object.entries(written)) {
    if (typeof value === "object" || showsStored(record.kind, after, field, value)) continue;
    const shown = shownValue(after, field);
    if ((shown != null && shown !== "") || !catalog.store.tables[record.kind].shownFields.has(field))
      recordVerdict(record, field, value, shown, true);
  }
}

function applyResult(
  task: Task,
  action: "CREATED" | "UPDATED",
  { id, userErrors, notStored = [] }: MutationResult,
  changes: Difference["changes"],
  { catalog, writer }: SyncContext,
) {
  // The record of an attached Bitrix unit is its apartment's unit, which has another Bitrix id.
  if (id !== undefined && (task.record?.kind ?? task.kind) === task.kind)
    task.record = catalog.store.getOrCreate(task.kind, id);
  task.wasSent = !writer.dryRun;
  const errors = userErrors.map(({ field, ...error }) => toTaskError(task, { ...error, field: field?.[1] }));
  // If a parent was not taken, the record is not where its item puts it.
  const isWarning = notStored.length > 0 && notStored.every((field) => task.fields.has(field));
  if (errors.length > 0 && !isWarning) {
    task.fail(...errors);
    return;
  }
  task.changes = changes.filter(({ field }) => !notStored.includes(field));
  task.action = isWarning && task.changes.length === 0 ? "UNCHANGED" : action;
  task.warnings.push(...errors);
}

/** Converts an error of a write. Its field becomes the Bitrix field of the value. */
function toTaskError(task: Task, { code, message, field }: ItemError): ItemError {
  if (field === undefined) return { code, message };
  const subject = task.fields.has(field) ? "" : `${field} of the ${task.record?.kind ?? task.kind}: `;
  return { code, message: subject + message, field: task.bitrixFieldOf(field) };
}
