import type { ArgumentPath } from "./user-error.ts";

/**
 * Maps a path in the fields sent to Alma to a path in the caller's arguments. The empty path means the write as a
 * whole.
 */
export type PathMapper = (sentPath: ArgumentPath) => ArgumentPath;

/** The mapper for a create. The draft has the caller's list of photos in `photos.add`. */
export function createPathMapper(draft: { readonly photos?: unknown }): PathMapper {
  return ([name, ...rest]) =>
    inputPath(name === "photos" && draft.photos ? [name, ...rest.slice(1)] : [name, ...rest]);
}

/**
 * The mapper for an update. An error in the parent that a rename adds becomes an error in the name. A 404 that names no
 * field is about the record itself.
 */
export function updatePathMapper(
  { nameScope }: { readonly nameScope?: string },
  input: Readonly<Record<string, unknown>>,
  status?: number,
): PathMapper {
  return ([name, ...rest]) => {
    if (name === undefined && status === 404) return ["ref"];
    const isAddedParent = nameScope !== undefined && name === nameScope && input[nameScope] === undefined;
    return inputPath([isAddedParent ? "name" : name, ...rest]);
  };
}

/** The mapper for a write that sends only the record's id. */
export const refPath: PathMapper = () => ["ref"];

/** The mapper for an upload, which sends the input fields unchanged. */
export function inputPath([name, ...rest]: readonly (string | number | undefined)[]) {
  return name === undefined ? [] : (["input", name, ...rest] as ArgumentPath);
}
