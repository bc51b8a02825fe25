import type { Problem } from "../../alma/index.ts";
import type { SyncErrorCode } from "../../bitrix/index.ts";

/** The kinds of things that keep a write from being done and that the caller can mend. */
export type UserErrorCode = SyncErrorCode;

/** Where in the caller's arguments: names of fields, and indexes from 0. */
export type ArgumentPath = readonly (string | number)[];

/** The type `UserError` of the graph. */
export interface UserError {
  readonly message: string;
  readonly code: UserErrorCode;
  /** Null if it is about the write as a whole. */
  readonly field: readonly string[] | null;
}

/** An error at a place; an empty path means the write as a whole. */
export function userError(code: UserErrorCode, path: ArgumentPath, message: string): UserError {
  return { code, message, field: path.length === 0 ? null : path.map(String) };
}

/** A refusal of Alma (or of its client) at the place that it has in the caller's arguments. */
export function toUserError(
  { code, message, path }: Problem,
  mapPath: (path: ArgumentPath) => ArgumentPath,
): UserError {
  return userError(code, path.length === 0 ? [] : mapPath(path), message);
}
