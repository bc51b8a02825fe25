import { type Choice, draftFields, shownField, shownValue, showsChanges } from "../../alma/index.ts";
import type { FileLink } from "../item/mapped-item.ts";
import type { WrittenValues } from "./context.ts";
import type { Change, Task } from "./task.ts";
import type { Fields, ParentIds } from "./writer.ts";

/** What has to be written so that a record equals its item. An item without changes is UNCHANGED. */
export interface Difference {
  readonly fields: Fields;
  readonly parents: ParentIds;
  readonly changes: readonly Change[];
  /** The fields that differ and are not written, because Alma has accepted them twice without a change. */
  readonly notTaken: readonly string[];
}

/** All fields of a record that Alma does not have yet. */
export function fullDifference(task: Task, parents: ParentIds): Difference {
  const fields = fieldsToWrite(task, (value) => value !== null);
  return createDifference(task, fields, parents);
}

/**
 * The fields in which an item differs from the record that Alma shows; values in another form (`12.20`, `12.2`) are
 * equal. An empty field of the item clears the record's field where Alma can clear it; a constant of the mapping is for
 * new records only. Files cannot be compared, since Alma does not show which file is attached: an attached file is
 * kept.
 */
export function findDifference(task: Task, parents: ParentIds, writtenValues: WrittenValues): Difference {
  const before = task.before ?? {};
  const notTaken: string[] = [];
  const isDifferent = (value: unknown, field: string) => {
    const mapped = task.fields.get(field);
    if (mapped && mapped.from === undefined) return false;
    const isShown =
      showsChanges(before, { [field]: value }) ||
      (isEmptyValue(task, field, value) && showsChanges(before, { [field]: null }));
    if (isShown || (value === null && !isCleared(task, field))) return false;
    // The same value may have been written before, and Alma showed then what it shows now.
    const verdict =
      task.record && writtenValues.verdictOf(task.record, field, value, shownValue(before, field));
    if (verdict === "not-taken") notTaken.push(field);
    return verdict === undefined || verdict === "unclear";
  };
  const fields = fieldsToWrite(task, isDifferent);
  const changedParents = Object.entries(parents).filter(
    ([field, id]) => id === "planned" || isDifferent(id, field),
  );
  return { ...createDifference(task, fields, Object.fromEntries(changedParents)), notTaken };
}

/** Whether a value is what Alma is sent to clear the field: an Alma may show it, or nothing. */
function isEmptyValue({ kind }: Task, field: string, value: unknown): boolean {
  const emptyValue = draftFields(kind).get(field)?.emptyValue;
  return emptyValue != null && String(value) === String(emptyValue);
}

/** Whether an empty field of an item clears the record's field. Files are kept: people attach them in Alma too. */
function isCleared({ kind }: Task, field: string): boolean {
  const { isClearable = false, accepts } = draftFields(kind).get(field) ?? {};
  return isClearable && accepts !== "photos" && accepts !== "file";
}

/** The links to files in a value; empty for a value without any. */
export function fileLinks(value: unknown): readonly FileLink[] {
  const candidates: readonly unknown[] = Array.isArray(value) ? value : [value];
  return candidates.filter(
    (candidate): candidate is FileLink =>
      typeof candidate === "object" && candidate !== null && "link" in candidate,
  );
}

/** The values to write: the values that `isDifferent` selects, and the ids of uploaded files. */
function fieldsToWrite(task: Task, isDifferent: (value: unknown, field: string) => boolean): Fields {
  const fields: Record<string, unknown> = {};
  for (const [field, { value }] of task.fields) {
    const fileId = task.fileIds.get(field);
    // Somebody else may have attached a file since this one was uploaded.
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
    before: task.fileIds.has(field) ? null : displayValue(before[shownField(field)]),
    after: task.fileIds.has(field) ? null : after,
  }));
  return { fields, parents, changes, notTaken: [] };
}

/** The comparable part of a value that Alma shows: the id of a reference, the value of a choice. */
function displayValue(shown: unknown): unknown {
  if (typeof shown !== "object" || shown === null) return shown ?? null;
  if ("unitId" in shown) return shown.unitId;
  if ("id" in shown) return shown.id;
  return "value" in shown ? (shown as Choice).value : null;
}
