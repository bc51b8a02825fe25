import { draftFields, shownValue, showsStored } from "../../../alma/index.ts";
import { verdictOn } from "../../../catalog/index.ts";
import type { InputFields } from "../../../graph/index.ts";
import type { FileLink } from "../item/mapped-item.ts";
import type { Task, TaskChange } from "./task.ts";
import type { ParentIds } from "./writer.ts";

/** The changes that make a record equal to its item. Without changes, an item is UNCHANGED. */
export interface Difference {
  readonly fields: InputFields;
  readonly parents: ParentIds;
  readonly changes: readonly TaskChange[];
  /** The fields that differ but are not written, because Alma accepted them twice without a change. */
  readonly notStored: readonly string[];
}

/** Returns all fields of a new record. */
export function fullDifference(task: Task, parents: ParentIds): Difference {
  const fields = fieldsToWrite(task, (value) => value !== null);
  return createDifference(task, fields, parents);
}

/**
 * Returns the fields in which an item differs from its record, by Alma's known rules and earlier results. An empty
 * field of the item clears the record's field if Alma can clear it; constants of the mapping are for new records only.
 * Files cannot be compared, since Alma does not show which file is attached, so an attached file is kept.
 */
export function findDifference(task: Task, parents: ParentIds): Difference {
  const before = task.before ?? {};
  const notStored: string[] = [];
  const isDifferent = (value: unknown, field: string) => {
    const mapped = task.fields.get(field);
    if (mapped && mapped.from === undefined) return false;
    if (showsStored(task.kind, before, field, value) || (value === null && !isCleared(task, field)))
      return false;
    // The same value may have been written before, with the same result.
    const verdict = task.record && verdictOn(task.record, field, value, shownValue(before, field));
    if (verdict === "ignored") notStored.push(field);
    return verdict !== "derived" && verdict !== "ignored";
  };
  const fields = fieldsToWrite(task, isDifferent);
  const changedParents = Object.entries(parents).filter(
    ([field, id]) => id === "planned" || isDifferent(id, field),
  );
  return { ...createDifference(task, fields, Object.fromEntries(changedParents)), notStored };
}

/**
 * Returns whether an empty field of an item clears the record's field. Files are kept, since people also attach them in
 * Alma.
 */
function isCleared({ kind }: Task, field: string) {
  const { isClearable = false, accepts } = draftFields(kind).get(field) ?? {};
  return isClearable && accepts !== "photos" && accepts !== "file";
}

/** Returns the file URLs in a value; empty if there are none. */
export function fileLinks(value: unknown): readonly FileLink[] {
  const candidates: readonly unknown[] = Array.isArray(value) ? value : [value];
  return candidates.filter(
    (candidate): candidate is FileLink =>
      typeof candidate === "object" && candidate !== null && "link" in candidate,
  );
}

/** Returns the values to write: those that `isDifferent` selects, and the ids of uploaded files. */
function fieldsToWrite(task: Task, isDifferent: (value: unknown, field: string) => boolean): InputFields {
  const fields: Record<string, unknown> = {};
  for (const [field, { value }] of task.fields) {
    const fileId = task.fileIds.get(field);
    // A file may have been attached in Alma since this one was uploaded.
    if (fileId !== undefined) {
      if (task.isFieldEmpty(field)) fields[field] = fileId;
    } else if (fileLinks(value).length === 0 && !Array.isArray(value) && isDifferent(value, field))
      fields[field] = value;
  }
  return fields;
}

function createDifference(task: Task, fields: InputFields, parents: ParentIds): Difference {
  const before = task.before ?? {};
  const changes = Object.entries({ ...fields, ...parents }).map(([field, after]) => ({
    field,
    before: task.fileIds.has(field) ? null : (shownValue(before, field) ?? null),
    after: task.fileIds.has(field) ? null : after,
  }));
  return { fields, parents, changes, notStored: [] };
}
