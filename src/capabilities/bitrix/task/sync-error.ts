import type { UserError } from "../../../graph/index.ts";

/** One reason why an item fails. */
export interface SyncError {
  readonly code: UserError["code"];
  /** Describes the problem and how to fix it. */
  readonly message: string;
  /** The Bitrix field with the error; undefined for the whole item. */
  readonly field?: string;
}
