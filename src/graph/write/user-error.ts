import type { Problem } from "../../alma/index.ts";
import type { SyncErrorCode } from "../../bitrix/index.ts";
import type { LoggedChange } from "../../catalog/index.ts";

/** The codes of the graph's type `UserError`. */
export type UserErrorCode = SyncErrorCode;

/** A path in the arguments of a mutation: names of fields, and indexes from 0. Empty for the write as a whole. */
export type ArgumentPath = readonly (string | number)[];

/** Of a conflict: what the field shows, and the last change of it. */
interface ShownInstead {
  readonly now?: unknown;
  readonly change?: LoggedChange;
}

/**
 * The graph's type `UserError`; only this file makes it. A check of the gateway supplies code, message and path. For a
 * refusal by Alma, code and message come from its words in `alma/`, or from its records in
 * `rule/refusal-reason.ts`. `rule/refusal.ts` adds the conflicting records to the message, and `error-path.ts`
 * maps the path.
 */
export interface UserError extends ShownInstead {
  readonly message: string;
  readonly code: UserErrorCode;
  /** Null if the error is about the write as a whole. */
  readonly field: readonly string[] | null;
}

/** Makes an error about the argument at a path. */
export function userError(
  code: UserErrorCode,
  path: ArgumentPath,
  message: string,
  shown?: ShownInstead,
): UserError {
  return { code, message, field: path.length === 0 ? null : path.map(String), ...shown };
}

/** Makes an error from a problem that Alma found in what was sent, or its client before the call. */
export function toUserError(
  { code, message, path }: Problem,
  mapPath: (sentPath: ArgumentPath) => ArgumentPath,
): UserError {
  return userError(code, mapPath(path), message);
}
