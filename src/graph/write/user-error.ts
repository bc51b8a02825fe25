import type { Problem } from "../../alma/index.ts";
import type { SyncErrorCode } from "../../bitrix/index.ts";

/** The reasons for which a write is not done and that the caller can remove. */
export type UserErrorCode = SyncErrorCode;

/** A path in the arguments of a mutation: names of fields, and indexes from 0. Empty for the write as a whole. */
export type ArgumentPath = readonly (string | number)[];

/**
 * The type `UserError` of the graph. All of them are made in this file. A check of the gateway brings its own code,
 * message and path. A refusal by Alma gets its code and message in `alma/` by its words, or in
 * `mutation/refusal-reason.ts` by Alma's records. `mutation/refusal.ts` adds the records in conflict to the message,
 * and `error-path.ts` finds the field.
 */
export interface UserError {
  readonly message: string;
  readonly code: UserErrorCode;
  /** Null if the error is about the write as a whole. */
  readonly field: readonly string[] | null;
}

/** Makes an error about the argument at a path. */
export function userError(code: UserErrorCode, path: ArgumentPath, message: string): UserError {
  return { code, message, field: path.length === 0 ? null : path.map(String) };
}

/** Makes an error of a problem that Alma, or its client before any call, found in what was sent. */
export function toUserError(
  { code, message, path }: Problem,
  mapPath: (sentPath: ArgumentPath) => ArgumentPath,
): UserError {
  return userError(code, mapPath(path), message);
}
