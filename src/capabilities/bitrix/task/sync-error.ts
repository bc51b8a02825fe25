import type { UserErrorCode } from "../../../graph/index.ts";

/** One reason why an item fails. */
export interface SyncError {
  readonly code: UserErrorCode;
  /** The problem and its remedy. */
  readonly message: string;
  /** The Bitrix field at fault; undefined if it is the item as a whole. */
  readonly field?: string;
}
