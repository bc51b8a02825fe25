import type { ProblemCode } from "../../alma/index.ts";

/** Why an item fails: the codes of all writes, and codes that only a sync has. */
export type SyncErrorCode =
  | ProblemCode
  | "ALREADY_EXISTS"
  /** The record shows something else than its caller expects; a sync expects nothing. */
  | "CONFLICT"
  /** A write may or may not have been carried out. */
  | "OUTCOME_UNKNOWN"
  /** The mapping has no row for an option. */
  | "UNKNOWN_OPTION"
  /** The item does not name an item on which it depends, or that item is neither in the sync nor in Alma. */
  | "MISSING_LINK"
  /** An item on which this item depends failed in the same sync. */
  | "PARENT_FAILED"
  /** An apartment is let whole in Alma and by rooms according to its item, or the reverse. */
  | "LETTING_CHANGED"
  /** Nothing was written, for a reason other than the item: Alma is unreachable, or a limit is reached. */
  | "NOT_DONE";

/** One reason why an item fails. */
export interface SyncError {
  readonly code: SyncErrorCode;
  /** What is wrong and what to do about it. */
  readonly message: string;
  /** The Bitrix field at fault; undefined if it is the item as a whole. */
  readonly field?: string;
}
