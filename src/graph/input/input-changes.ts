import type { Photo, PhotoSet } from "../../alma/index.ts";
import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import type { InputFields, Write } from "../write/write.ts";

/** The input `PhotoChanges` of the graph. */
export interface PhotoChanges {
  readonly add?: readonly number[] | null;
  readonly remove?: readonly number[] | null;
}

/**
 * Returns the complete new set of photos, because Alma deletes each photo that is omitted (Alma: Apartments, PATCH).
 * Undefined if nothing changes. If Alma does not show the existing ids, adds a user error.
 */
function toPhotoSet(write: Write, changes: PhotoChanges, existing: CachedRecord): PhotoSet | undefined {
  const add = changes.add ?? [];
  const remove = changes.remove ?? [];
  if (add.length === 0 && remove.length === 0) return undefined;
  const { photos } = existing.value as KnownFields<"unit">;
  const ids = idsOf(photos);
  if (!ids) {
    const message =
      `Alma does not show the ids of the pictures that ${existing.key} has, so a change would ` +
      "delete them all. Change its pictures in Alma itself.";
    write.addUserError("REJECTED", ["input", "photos"], message);
    return { keep: [], add };
  }
  for (const [index, id] of remove.entries()) {
    // `checkInput` has already refused ids below 1.
    if (id < 1 || ids.includes(id)) continue;
    const message = `${existing.key} has no picture ${id}; it has ${ids.length === 0 ? "none" : ids.join(", ")}. Use an almaId of its photos.`;
    write.addUserError("NOT_FOUND", ["input", "photos", "remove", index], message);
  }
  return { keep: ids.filter((id) => !remove.includes(id)), add };
}

function idsOf(photos: readonly Photo[] | null | undefined) {
  const ids = photos?.map(({ id }) => id);
  return ids?.every((id) => id !== null) ? ids : undefined;
}

/** Returns whether an update depends on the current record: its parent for a rename, or its photos. */
export function dependsOnExisting(write: Write, input: InputFields): boolean {
  return addedParentField(write, input) !== undefined || input.photos != null;
}

/** Returns the parent field that Alma requires with a new name, if the input omits it. */
function addedParentField({ resource: { nameScope } }: Write, input: InputFields) {
  return input.name != null && nameScope !== undefined && input[nameScope] === undefined
    ? nameScope
    : undefined;
}

/**
 * Builds the changes for Alma's client: ids for refs, the complete set of photos, and the parent for a new name. Adds a
 * user error if `existing` lacks required data.
 */
export function buildChanges(
  write: Write,
  input: InputFields,
  parents: Readonly<Record<string, number>>,
  existing: CachedRecord | undefined,
): InputFields {
  const ownFields = Object.entries(input).filter(
    ([name, value]) =>
      value !== undefined && (value === null || (write.relations[name] === undefined && name !== "photos")),
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
      const message = `Alma accepts a new name only together with this, and shows none for ${existing.key}: give it too.`;
      write.addUserError("REQUIRED", ["input", parentField], message);
    }
  }
  return changes;
}
