import type { ProblemCode } from "../../alma/index.ts";

/** The kinds of things that keep an item from being brought into Alma: those of every write, and a sync's own. */
export type SyncErrorCode =
  | ProblemCode
  | "ALREADY_EXISTS"
  | "OUTCOME_UNKNOWN"
  | "UNKNOWN_OPTION"
  | "MISSING_LINK"
  | "PARENT_FAILED"
  | "LETTING_CHANGED"
  | "NOT_DONE";

/** One thing that keeps an item from being brought into Alma. */
export interface SyncError {
  readonly code: SyncErrorCode;
  /** What was asked, what is true, what to do. */
  readonly message: string;
  /** The Bitrix field that it is about; undefined if it is about the item as a whole. */
  readonly field?: string;
}
