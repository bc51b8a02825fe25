import { AlmaError, shows } from "../alma/index.ts";
import type { Entry } from "../catalog/index.ts";
import { type Difference, differences, everything, fingerprint } from "./difference.ts";
import type { SyncError } from "./sync-error.ts";
import type { SyncTools } from "./sync-tools.ts";
import type { Task } from "./task.ts";
import type { Parents, Values, WriteEnd } from "./writer.ts";

/**
 * Creates a task's record, or changes it if it is different. `again` is done in the place of the change if the record
 * is only found when it is to be created. Throws AlmaError if Alma cannot be asked.
 */
export async function put(
  task: Task,
  parents: Parents,
  tools: SyncTools,
  again: () => Promise<void> = () => change(task, parents, tools),
): Promise<void> {
  if (task.before) return change(task, parents, tools);
  const { values, changes } = everything(task, parents);
  const end = await tools.writer.create(task.kind, values, parents);
  if (end.id !== undefined && end.errors.some(({ code }) => code === "ALREADY_EXISTS")) {
    await takeOver(task, end.id, tools);
    return again();
  }
  finish(task, "CREATED", end, changes, tools);
  if (task.action === "CREATED" && task.written) await noteUnshown(task.entry as Entry, values, tools);
}

async function change(task: Task, parents: Parents, tools: SyncTools): Promise<void> {
  const difference = differences(task, parents, tools.unshown);
  if (difference.changes.length === 0) {
    task.action = "UNCHANGED";
    return;
  }
  return write(task, difference, tools);
}

/** Writes what is different. */
export async function write(
  task: Task,
  { values, parents, changes }: Difference,
  tools: SyncTools,
): Promise<void> {
  const entry = task.entry as Entry;
  const end = await tools.writer.update(entry, values, parents);
  finish(task, "UPDATED", end, changes, tools);
  if (task.action === "UPDATED" && task.written) await noteUnshown(entry, values, tools);
}

/**
 * Looks whether Alma shows what it was given. What it does not (a field that it never answers, a value that it keeps in
 * its own form) is remembered, so that it is not written again and again.
 */
async function noteUnshown(entry: Entry, written: Values, { finder, unshown }: SyncTools): Promise<void> {
  const found = await finder.read(entry).catch((error) => {
    if (error instanceof AlmaError) return undefined;
    throw error;
  });
  const after = found?.detail;
  if (!after) return;
  for (const [field, value] of Object.entries(written)) {
    if (typeof value !== "object" && !shows(after, { [field]: value }))
      unshown.set(`${entry.key} ${field}`, fingerprint(value, after[field]));
  }
}

/** The record was there although it was not found at first: one that no list names, or that somebody has just made. */
async function takeOver(task: Task, id: number, { catalog, finder }: SyncTools): Promise<void> {
  const record = catalog.store.entry(task.kind, id);
  task.found((await finder.read(record)) ?? record);
}

function finish(
  task: Task,
  action: "CREATED" | "UPDATED",
  { id, errors }: WriteEnd,
  changes: Difference["changes"],
  { catalog, finder, writer }: SyncTools,
): void {
  // What a unit is attached to is no record of its own: the apartment stays the task's, and has another Bitrix id.
  if (id !== undefined && (task.entry?.kind ?? task.kind) === task.kind) {
    task.entry = catalog.store.entry(task.kind, id);
    const externalId = task.value("externalId");
    if (typeof externalId === "string") finder.note(task.kind, externalId, id);
  }
  task.written = !writer.dryRun;
  if (errors.length > 0) {
    task.fail(...errors.map((error) => placed(task, error)));
    return;
  }
  if (!task.entry && !writer.dryRun) {
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
function placed(task: Task, { code, message, field }: WriteEnd["errors"][number]): SyncError {
  if (field === undefined) return { code, message };
  const from = task.codeOf(field);
  const place = from !== undefined && { field: from };
  if (task.fields.has(field)) return { code, message, ...place };
  return { code, message: `${field} of the ${task.entry?.kind ?? task.kind}: ${message}`, ...place };
}
