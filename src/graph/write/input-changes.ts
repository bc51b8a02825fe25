import type { CachedRecord } from "../../catalog/index.ts";
import { type PhotoChanges, toPhotoSet } from "./photo-changes.ts";
import type { ArgumentPath } from "./user-error.ts";
import type { InputFields, Write } from "./write.ts";
import type { WriteSpec } from "./write-spec.ts";

/** Whether what is sent depends on the record as it is: on its parent for a new name, on the pictures that it has. */
export function dependsOnExisting(
  { resource: { nameScope: renamedWithin } }: Write,
  input: InputFields,
): boolean {
  const isRenamed = input.name != null && renamedWithin !== undefined && input[renamedWithin] == null;
  return isRenamed || input.photos != null;
}

/**
 * The changes that Alma's client takes: ids for refs, a whole set for photos, the parent along with a new name. What
 * cannot be worked out on `before`, the record as it is, is noted in the write.
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
  const { nameScope: renamedWithin } = write.resource;
  if (renamedWithin !== undefined && input.name != null && input[renamedWithin] == null) {
    const parent = existing?.value[renamedWithin] as { readonly id: number } | null | undefined;
    if (parent) changes[renamedWithin] = parent.id;
    else if (existing) {
      const message = `Alma takes a new name only along with this, and shows none for ${existing.key}: give it too.`;
      write.addUserError("REQUIRED", ["input", renamedWithin], message);
    }
  }
  return changes;
}

/** Stands for the record itself in the place of a problem. */
export const REF_SEGMENT = "<ref>";

/** From a place in the changes to the caller's: a parent that was sent along is there because of the name. */
export function pathMapperOf({ resource: { nameScope: renamedWithin } }: Write, input: InputFields) {
  return ([name, ...rest]: ArgumentPath): ArgumentPath => {
    if (name === REF_SEGMENT) return ["ref"];
    const inputField = name === renamedWithin && input[renamedWithin ?? ""] === undefined ? "name" : name;
    return ["input", inputField ?? "", ...rest];
  };
}
