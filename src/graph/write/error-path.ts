import type { ArgumentPath } from "./user-error.ts";

/**
 * Maps a path in what was sent to Alma to a path in the caller's arguments. The empty path stands for the write as a
 * whole.
 */
export type PathMapper = (sentPath: ArgumentPath) => ArgumentPath;

/** For a create of this draft. The caller gives photos as a list, which the draft has in `photos.add`. */
export function createPathMapper(draft: { readonly photos?: unknown }): PathMapper {
  return ([name, ...rest]) =>
    inputPath(name === "photos" && draft.photos ? [name, ...rest.slice(1)] : [name, ...rest]);
}

/**
 * For an update with this input. An error in the parent that a rename sends along is an error in the name. An answer
 * 404 that names no field is about the record itself.
 */
export function updatePathMapper(
  { nameScope }: { readonly nameScope?: string | undefined },
  input: Readonly<Record<string, unknown>>,
  status?: number,
): PathMapper {
  return ([name, ...rest]) => {
    if (name === undefined && status === 404) return ["ref"];
    const isAddedParent = nameScope !== undefined && name === nameScope && input[nameScope] === undefined;
    return inputPath([isAddedParent ? "name" : name, ...rest]);
  };
}

/** For a write that sends nothing but the record's id. */
export const refPath: PathMapper = () => ["ref"];

/** For an upload, which sends the fields of the input as they are. */
export const uploadPath: PathMapper = (sentPath) => inputPath(sentPath);

function inputPath([name, ...rest]: readonly (string | number | undefined)[]): ArgumentPath {
  return name === undefined ? [] : (["input", name, ...rest] as ArgumentPath);
}
