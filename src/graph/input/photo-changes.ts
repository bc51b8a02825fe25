import type { Photo, PhotoSet } from "../../alma/index.ts";
import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import type { Write } from "../write/write.ts";

/** The input `PhotoChanges` of the graph. */
export interface PhotoChanges {
  readonly add?: readonly number[] | null;
  readonly remove?: readonly number[] | null;
}

/**
 * The complete new set of photos: Alma deletes each photo that is not in it (Alma: Apartments, PATCH). Undefined if
 * nothing changes. If Alma does not show the existing ids, adds a user error to the write and returns undefined.
 */
export function toPhotoSet(
  write: Write,
  changes: PhotoChanges,
  existing: CachedRecord,
): PhotoSet | undefined {
  const add = changes.add ?? [];
  const remove = changes.remove ?? [];
  if (add.length === 0 && remove.length === 0) return undefined;
  const { photos } = existing.value as KnownFields<"unit">;
  const ids = idsOf(photos);
  if (!ids) {
    const message =
      `Alma does not show the ids of the pictures that ${existing.key} has, so that none could be kept: a change would ` +
      "delete them all. Change its pictures in Alma itself.";
    write.addUserError("REJECTED", ["input", "photos"], message);
    return undefined;
  }
  for (const [index, id] of remove.entries()) {
    // `checkInput` has refused an id below 1 already.
    if (id < 1 || ids.includes(id)) continue;
    const message = `${existing.key} has no picture ${id}; it has ${ids.length === 0 ? "none" : ids.join(", ")}. Take an almaId of its photos.`;
    write.addUserError("NOT_FOUND", ["input", "photos", "remove", index], message);
  }
  return { keep: ids.filter((id) => !remove.includes(id)), add };
}

function idsOf(photos: readonly Photo[] | null | undefined) {
  const ids = photos?.map(({ id }) => id);
  return ids?.every((id) => id !== null) ? ids : undefined;
}
