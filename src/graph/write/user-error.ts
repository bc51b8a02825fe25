import type { Problem, ProblemCode } from "../../alma/index.ts";
import type { LoggedChange } from "../../catalog/index.ts";

/** Maps a path in the sent fields to one in the caller's arguments. The empty path means the whole write. */
export type PathMapper = (sentPath: ArgumentPath) => ArgumentPath;

/** Creates the mapper of a create, whose photos were in `photos.add`. */
export function createPathMapper(draft: { readonly photos?: unknown }): PathMapper {
  return ([name, ...rest]) =>
    inputPath(name === "photos" && draft.photos ? [name, ...rest.slice(1)] : [name, ...rest]);
}

/**
 * Creates the mapper of an update. Alma renames a record only together with its parent, which the gateway adds, so an
 * error in an added parent becomes an error in the name. A 404 without a field concerns the record.
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

/** The mapper of a write that sends only the record's id. */
export const refPath: PathMapper = () => ["ref"];

/** The mapper of an upload, which sends the input fields unchanged. */
export function inputPath([name, ...rest]: readonly (string | number | undefined)[]) {
  return name === undefined ? [] : (["input", name, ...rest] as ArgumentPath);
}

/** The codes of the graph's type `UserError`. */
export type UserErrorCode =
  | ProblemCode
  | "ALREADY_EXISTS"
  /** The record differs from the caller's expectation. */
  | "CONFLICT"
  /** Alma may have performed the write. */
  | "OUTCOME_UNKNOWN"
  /** For an item: the mapping has no row for an option. */
  | "UNKNOWN_OPTION"
  /** For an item: it lacks the item that it depends on, or that item is neither in the sync nor in Alma. */
  | "MISSING_LINK"
  /** For an item: an item that it depends on failed in the same sync. */
  | "PARENT_FAILED"
  /** For an item: its apartment is let as a whole in Alma and by room according to the item, or the reverse. */
  | "LETTING_CHANGED"
  /** Nothing was written for a reason other than the input: Alma is unreachable, or a limit is reached. */
  | "NOT_DONE";

/** A path in the arguments of a mutation: field names, and indexes from 0. Empty for the whole write. */
export type ArgumentPath = readonly (string | number)[];

/** For a conflict: the current value and its last change. */
interface ShownInstead {
  readonly now?: unknown;
  readonly change?: LoggedChange;
}

/**
 * The graph's type `UserError`, created only in this file. Code, message and path come from a check of the gateway or,
 * for a refusal, from Alma's message (`alma/`) or records (`input/draft-refusal.ts`).
 */
export interface UserError extends ShownInstead {
  readonly message: string;
  readonly code: UserErrorCode;
  /** Null if the error concerns the whole write. */
  readonly field: readonly string[] | null;
}

/** Creates an error about the argument at a path. */
export function userError(
  code: UserErrorCode,
  path: ArgumentPath,
  message: string,
  shown?: ShownInstead,
): UserError {
  return { code, message, field: path.length === 0 ? null : path.map(String), ...shown };
}

/** Creates an error from a problem found by Alma, or by its client before the call. */
export function toUserError({ code, message, path }: Problem, mapPath: PathMapper): UserError {
  return userError(code, mapPath(path), message);
}
