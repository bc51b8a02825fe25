import type { Entry } from "../catalog/index.ts";
import type { ArgumentPath } from "./user-error.ts";
import { changedPhotos, type PhotoChanges } from "./write-photo.ts";
import type { WriteSpec } from "./write-spec.ts";
import type { Values, Write } from "./writing.ts";

/** Whether what is sent depends on the record as it is: on its parent for a new name, on the pictures that it has. */
export function needsRead({ resource: { renamedWithin } }: Write, input: Values): boolean {
  const isRenamed = input.name != null && renamedWithin !== undefined && input[renamedWithin] == null;
  return isRenamed || input.photos != null;
}

/**
 * The changes that Alma's client takes: ids for refs, a whole set for photos, the parent along with a new name. What
 * cannot be worked out on `before`, the record as it is, is noted in the write.
 */
export function changesOf(
  write: Write,
  spec: WriteSpec,
  input: Values,
  parents: Readonly<Record<string, number>>,
  before: Entry | undefined,
): Values {
  const own = Object.entries(input).filter(
    ([name, value]) =>
      value !== undefined && (value === null || (spec.refs?.[name] === undefined && name !== "photos")),
  );
  const changes: Record<string, unknown> = { ...Object.fromEntries(own), ...parents };
  const photos = input.photos as PhotoChanges | null | undefined;
  const set = photos && before ? changedPhotos(write, photos, before) : undefined;
  if (set) changes.photos = set;
  const { renamedWithin } = write.resource;
  if (renamedWithin !== undefined && input.name != null && input[renamedWithin] == null) {
    const parent = before?.value[renamedWithin] as { readonly id: number } | null | undefined;
    if (parent) changes[renamedWithin] = parent.id;
    else if (before) {
      const message = `Alma takes a new name only along with this, and shows none for ${before.key}: give it too.`;
      write.refuse("REQUIRED", ["input", renamedWithin], message);
    }
  }
  return changes;
}

/** Stands for the record itself in the place of a problem. */
export const REF = "<ref>";

/** From a place in the changes to the caller's: a parent that was sent along is there because of the name. */
export function placeOf({ resource: { renamedWithin } }: Write, input: Values) {
  return ([name, ...inside]: ArgumentPath): ArgumentPath => {
    if (name === REF) return ["ref"];
    const shown = name === renamedWithin && input[renamedWithin ?? ""] === undefined ? "name" : name;
    return ["input", shown ?? "", ...inside];
  };
}
