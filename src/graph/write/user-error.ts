import { AlmaError, type Problem, type ProblemCode } from "../../alma/index.ts";
import type { FailedReads, LoggedChange } from "../../catalog/index.ts";
import type { RecordVersion } from "../view/record-view.ts";

/** The outcome of a mutation, from which its payload is made. */
export interface MutationResult {
  /** The Alma id of the record that the mutation is about, if that record is known to exist. */
  readonly id?: number;
  readonly userErrors: readonly UserError[];
  /** Whether Alma was changed, or may have been. False for a create or an upload of unknown outcome. */
  readonly isWritten: boolean;
  /** Of a write of unknown outcome: the fields that were sent; "elsewhere" if only the process knew that sent them. */
  readonly sent?: Readonly<Record<string, unknown>> | "elsewhere";
  /** The fingerprint of what the record showed in these fields before; undefined if that is not known. */
  readonly before?: string;
  /** Of an update: the fields that Alma has accepted twice and shows as before. Each has a user error. */
  readonly notTaken?: readonly string[];
  /** The impact, if the caller selected it. A rejection fails only the field `impact`. */
  readonly impact?: Promise<Impact>;
  /** The `note` of the payload: a remark for the caller. */
  readonly note?: string;
}

/** Whether it is not known whether Alma has done the write. */
export function isOutcomeUnknown({ userErrors }: MutationResult): boolean {
  return userErrors.some(({ code }) => code === "OUTCOME_UNKNOWN");
}

/** What a state change affects in addition to the rental object itself. Each record is as it was before the write. */
export interface Impact {
  readonly asOf: Date | null;
  readonly unit: RecordVersion | null;
  readonly building: RecordVersion | null;
  /** Null if Alma's lists leave out archived records, so that the affected rooms are unknown. */
  readonly rooms: readonly RecordVersion[] | null;
  readonly contracts: readonly RecordVersion[];
  /** The contracts for which Alma refuses a block. */
  readonly obstacles: readonly RecordVersion[];
  readonly clientsLosingAccess: readonly RecordVersion[];
  /** The clients left with planned contracts only. */
  readonly clientsPossiblyLosingAccess: readonly RecordVersion[];
  readonly isReversible: boolean;
  /** What the opposite write does not restore, one sentence each. */
  readonly irreversible: readonly string[];
  /** What the impact cannot establish, one sentence each. */
  readonly uncertain: readonly string[];
  /** The records that could not be read and may be affected too. */
  readonly failedReads: FailedReads;
}

/** Runs an optional search. Resolves to undefined if it fails with an AlmaError. Rejects with any other error. */
export async function bestEffort<T>(search: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await search();
  } catch (error) {
    if (!(error instanceof AlmaError)) throw error;
    return undefined;
  }
}

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

/** The codes of the graph's type `UserError`. */
export type UserErrorCode =
  | ProblemCode
  | "ALREADY_EXISTS"
  /** The record shows something else than its caller expects. */
  | "CONFLICT"
  /** A write may or may not have been carried out. */
  | "OUTCOME_UNKNOWN"
  /** Of an item: the mapping has no row for an option. */
  | "UNKNOWN_OPTION"
  /** Of an item: it does not name an item on which it depends, or that item is neither in the sync nor in Alma. */
  | "MISSING_LINK"
  /** Of an item: one on which it depends failed in the same sync. */
  | "PARENT_FAILED"
  /** Of an item: its apartment is let whole in Alma and by rooms according to its item, or the reverse. */
  | "LETTING_CHANGED"
  /** Nothing was written, for a reason other than what was sent: Alma is unreachable, or a limit is reached. */
  | "NOT_DONE";

/** A path in the arguments of a mutation: names of fields, and indexes from 0. Empty for the write as a whole. */
export type ArgumentPath = readonly (string | number)[];

/** Of a conflict: what the field shows, and the last change of it. */
interface ShownInstead {
  readonly now?: unknown;
  readonly change?: LoggedChange;
}

/**
 * The graph's type `UserError`; only this file makes it. Code, message and path come from a check of the gateway. Those
 * of a refusal come from Alma's words, in `alma/`, or from its records, in `rule/refusal.ts`.
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
