import type { CachedRecord } from "../../catalog/index.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { WriteSpec } from "../write/write-spec.ts";
import { type PhotoChanges, toPhotoSet } from "./photo-changes.ts";

/** Whether the changes of an update depend on the current record: on its parent for a rename, or on its photos. */
export function dependsOnExisting(write: Write, input: InputFields): boolean {
  return addedParentField(write, input) !== undefined || input.photos != null;
}

/** The parent field that Alma requires with a new name, if the input omits it; otherwise undefined. */
function addedParentField({ resource: { nameScope } }: Write, input: InputFields) {
  return input.name != null && nameScope !== undefined && input[nameScope] == null ? nameScope : undefined;
}

/**
 * Builds the changes for Alma's client: ids instead of refs, the complete set of photos, and the parent along with a
 * new name. Adds a user error to the write if `existing` does not show what is needed.
 */
export function buildChanges(
  write: Write,
  spec: WriteSpec,
  input: InputFields,
  parents: Readonly<Record<string, number>>,
  existing: CachedRecord | undefined,
): InputFields {
  const ownFields = Object.entries(input).filter(
    ([name, value]) =>
      value !== undefined && (value === null || (spec.refs?.[name] === undefined && name !== "photos")),
  );
  const changes: Record<string, unknown> = { ...Object.fromEntries(ownFields), ...parents };
  const photos = input.photos as PhotoChanges | null | undefined;
  const photoSet = photos && existing ? toPhotoSet(write, photos, existing) : undefined;
  if (photoSet) changes.photos = photoSet;
  const parentField = addedParentField(write, input);
  if (parentField !== undefined && existing) {
    const parent = existing.value[parentField] as { readonly id: number } | null | undefined;
    if (parent) changes[parentField] = parent.id;
    else {
      const message = `Alma takes a new name only along with this, and shows none for ${existing.key}: give it too.`;
      write.addUserError("REQUIRED", ["input", parentField], message);
    }
  }
  return changes;
}
