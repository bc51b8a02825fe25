import { type Choice, draftFields, showsChanges } from "../../alma/index.ts";
import type { FileLink } from "../item/mapped-item.ts";
import type { SyncCache } from "./finder.ts";
import type { Change, Task } from "./task.ts";
import type { Fields, ParentIds } from "./writer.ts";

/** Where a record shows which record it belongs to. */
const RECORD_FIELD: Readonly<Record<string, string>> = { rentalObject: "unitUsage" };

/** What has to be written so that a record is as its item says. */
export interface Difference {
  readonly fields: Fields;
  readonly parents: ParentIds;
  readonly changes: readonly Change[];
}

/** Everything that an item says of a record that Alma does not have yet. */
export function fullDifference(task: Task, parents: ParentIds): Difference {
  const fields = fieldsToWrite(task, (value) => value !== null);
  return createDifference(task, fields, parents);
}

/**
 * What an item says otherwise than the record shows. What the item leaves empty is cleared where Alma can clear it.
 * Of a file Alma does not tell which it is: one that is attached is left alone.
 */
export function findDifference(task: Task, parents: ParentIds, unshownValues: SyncCache<string>): Difference {
  const before = task.before ?? {};
  const fields = fieldsToWrite(
    task,
    (value, field) =>
      !showsChanges(before, { [field]: value }) &&
      (value !== null || isCleared(task, field)) &&
      // Alma was given this before, and showed then what it shows now.
      unshownValues.get(`${task.record?.key} ${field}`) !== fingerprint(value, before[field]),
  );
  const changedParents = Object.entries(parents).filter(
    ([field, id]) => id === "planned" || !showsChanges(before, { [field]: id }),
  );
  return createDifference(task, fields, Object.fromEntries(changedParents));
}

/** A value that Alma was given, and what it showed afterwards. */
export function fingerprint(given: unknown, shown: unknown): string {
  return JSON.stringify([given, shown ?? null]);
}

/** Whether what the item leaves empty is cleared. Files are not: somebody may have attached them in Alma itself. */
function isCleared({ kind }: Task, field: string): boolean {
  const { isClearable: clearable = false, accepts: takes } = draftFields(kind).get(field) ?? {};
  return clearable && takes !== "photos" && takes !== "file";
}

/** Whether a value is a file, or files, that Alma is to be given by link. */
export function fileLinks(value: unknown): readonly FileLink[] {
  const candidates: readonly unknown[] = Array.isArray(value) ? value : [value];
  return candidates.filter(
    (one): one is FileLink => typeof one === "object" && one !== null && "link" in one,
  );
}

/** The values to write: those that `differs` finds so, and files by the ids that they were given. */
function fieldsToWrite(task: Task, isDifferent: (value: unknown, field: string) => boolean): Fields {
  const fields: Record<string, unknown> = {};
  for (const [field, { value }] of task.fields) {
    const fileId = task.fileIds.get(field);
    // The record may have been given it by somebody else after this file was sent.
    if (fileId !== undefined) {
      if (task.isFieldEmpty(field)) fields[field] = fileId;
    } else if (fileLinks(value).length === 0 && !Array.isArray(value) && isDifferent(value, field))
      fields[field] = value;
  }
  return fields;
}

function createDifference(task: Task, fields: Fields, parents: ParentIds): Difference {
  const before = task.before ?? {};
  const changes = Object.entries({ ...fields, ...parents }).map(([field, after]) => ({
    field,
    before: task.fileIds.has(field) ? null : displayValue(before[RECORD_FIELD[field] ?? field]),
    after: task.fileIds.has(field) ? null : after,
  }));
  return { fields, parents, changes };
}

/** A value of a record as an item would say it. */
function displayValue(shown: unknown): unknown {
  if (typeof shown !== "object" || shown === null) return shown ?? null;
  if ("unitId" in shown) return shown.unitId;
  if ("id" in shown) return shown.id;
  return "value" in shown ? (shown as Choice).value : null;
}
