import { AlmaError, showsChanges } from "../../alma/index.ts";
import type { CachedRecord } from "../../catalog/index.ts";
import type { SyncContext } from "./context.ts";
import { type Difference, findDifference, fingerprint, fullDifference } from "./difference.ts";
import type { SyncError } from "./sync-error.ts";
import type { Task } from "./task.ts";
import type { Fields, ParentIds, WriteResult } from "./writer.ts";

/**
 * Creates a task's record, or changes it if it is different. `again` is done in the place of the change if the record
 * is only found when it is to be created. Throws AlmaError if Alma cannot be asked.
 */
export async function upsert(
  task: Task,
  parents: ParentIds,
  context: SyncContext,
  onFound: () => Promise<void> = () => updateIfDifferent(task, parents, context),
): Promise<void> {
  if (task.before) return updateIfDifferent(task, parents, context);
  const { fields, changes } = fullDifference(task, parents);
  const result = await context.writer.create(task.kind, fields, parents);
  if (result.id !== undefined && result.errors.some(({ code }) => code === "ALREADY_EXISTS")) {
    await adoptExisting(task, result.id, context);
    return onFound();
  }
  applyResult(task, "CREATED", result, changes, context);
  if (task.action === "CREATED" && task.hasWritten)
    await rememberUnshown(task.record as CachedRecord, fields, context);
}

async function updateIfDifferent(task: Task, parents: ParentIds, context: SyncContext): Promise<void> {
  const difference = findDifference(task, parents, context.unshownValues);
  if (difference.changes.length === 0) {
    task.action = "UNCHANGED";
    return;
  }
  return writeDifference(task, difference, context);
}

/** Writes what is different. */
export async function writeDifference(
  task: Task,
  { fields, parents, changes }: Difference,
  context: SyncContext,
): Promise<void> {
  const record = task.record as CachedRecord;
  const result = await context.writer.update(record, fields, parents);
  applyResult(task, "UPDATED", result, changes, context);
  if (task.action === "UPDATED" && task.hasWritten) await rememberUnshown(record, fields, context);
}

/**
 * Looks whether Alma shows what it was given. What it does not (a field that it never answers, a value that it keeps in
 * its own form) is remembered, so that it is not written again and again.
 */
async function rememberUnshown(
  record: CachedRecord,
  written: Fields,
  { finder, unshownValues }: SyncContext,
): Promise<void> {
  const reread = await finder.read(record).catch((error) => {
    if (error instanceof AlmaError) return undefined;
    throw error;
  });
  const after = reread?.detail;
  if (!after) return;
  for (const [field, value] of Object.entries(written)) {
    if (typeof value !== "object" && !showsChanges(after, { [field]: value }))
      unshownValues.set(`${record.key} ${field}`, fingerprint(value, after[field]));
  }
}

/** The record was there although it was not found at first: one that no list names, or that somebody has just made. */
async function adoptExisting(task: Task, id: number, { catalog, finder }: SyncContext): Promise<void> {
  const record = catalog.store.getOrCreate(task.kind, id);
  task.setExisting((await finder.read(record)) ?? record);
}

function applyResult(
  task: Task,
  action: "CREATED" | "UPDATED",
  { id, errors }: WriteResult,
  changes: Difference["changes"],
  { catalog, finder, writer }: SyncContext,
): void {
  // What a unit is attached to is no record of its own: the apartment stays the task's, and has another Bitrix id.
  if (id !== undefined && (task.record?.kind ?? task.kind) === task.kind) {
    task.record = catalog.store.getOrCreate(task.kind, id);
    const externalId = task.value("externalId");
    if (typeof externalId === "string") finder.remember(task.kind, externalId, id);
  }
  task.hasWritten = !writer.dryRun;
  if (errors.length > 0) {
    task.fail(...errors.map((error) => toSyncError(task, error)));
    return;
  }
  if (!task.record && !writer.dryRun) {
    const message =
      "Alma has created the record, but tells no id and does not show it yet. Send the same again when Alma shows it: it " +
      "is found by its Bitrix id then.";
    task.fail({ code: "NOT_DONE", message });
    return;
  }
  task.action = action;
  task.changes = changes;
}

/** An error of a write at the Bitrix field that the value comes from, or would come from. */
function toSyncError(task: Task, { code, message, field }: WriteResult["errors"][number]): SyncError {
  if (field === undefined) return { code, message };
  const from = task.bitrixFieldOf(field);
  const errorField = from !== undefined && { field: from };
  if (task.fields.has(field)) return { code, message, ...errorField };
  return { code, message: `${field} of the ${task.record?.kind ?? task.kind}: ${message}`, ...errorField };
}
