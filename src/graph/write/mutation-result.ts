import type { FailedReads } from "../connection/partial-data.ts";
import type { RecordVersion } from "../record/record-view.ts";
import type { UserError } from "./user-error.ts";

/** The outcome of a mutation, before it becomes a payload of the graph. */
export interface MutationResult {
  /** The Alma id of the record that the mutation is about, if that record is known to exist. */
  readonly id?: number;
  readonly userErrors: readonly UserError[];
  /**
   * Whether Alma was changed, or may have been. Such a mutation is not run again under the same idempotency key, unless
   * the repetition itself finds out what the first attempt did.
   */
  readonly isWritten: boolean;
  /** What the change affects, if the caller selected it. A rejection becomes the error of that field alone. */
  readonly impact?: Promise<Impact>;
  readonly note?: string;
}

/** What archiving, unarchiving, blocking or unblocking affects besides the record: each as it was before the write. */
export interface Impact {
  readonly asOf: Date | null;
  readonly unit: RecordVersion | null;
  readonly building: RecordVersion | null;
  /** Null if Alma's lists leave out archived records, so that the affected rooms are unknown. */
  readonly rooms: readonly RecordVersion[] | null;
  readonly contracts: readonly RecordVersion[];
  readonly obstacles: readonly RecordVersion[];
  readonly clientsLosingAccess: readonly RecordVersion[];
  readonly isReversible: boolean;
  readonly irreversible: readonly string[];
  /** Records that could not be read and that might be affected too. */
  readonly failedReads: FailedReads;
}
