import type { FailedReads, RecordVersion } from "../../catalog/index.ts";
import type { UserError } from "./user-error.ts";

/** The outcome of a mutation, from which its payload is created. */
export interface MutationResult {
  /** The Alma id of the record, if it is known to exist. */
  readonly id?: number;
  readonly userErrors: readonly UserError[];
  /** Whether Alma was or may have been changed. False for a create or upload of unknown outcome. */
  readonly isWritten: boolean;
  /** Set if a write of unknown outcome was sent. */
  readonly sent?: {
    /** The fields of an update; undefined if another process sent it. */
    readonly fields?: Readonly<Record<string, unknown>>;
    /** The fingerprint of these fields before the write, if known. */
    readonly before?: string;
  };
  /** The fields that Alma accepted twice without changing them. Each has a user error. */
  readonly notStored?: readonly string[];
  /** The impact, if selected. A rejection fails only the field `impact`. */
  readonly impact?: Promise<Impact>;
  /** The `note` of the payload: a remark for the caller. */
  readonly note?: string;
}

/** Returns the result of a completed write of a record, or of an upload. */
export const doneResult = (id: number | undefined): MutationResult => ({
  id,
  userErrors: [],
  isWritten: true,
});

/** Returns whether the outcome of the write is unknown: Alma may or may not have performed it. */
export function isOutcomeUnknown({ userErrors }: MutationResult): boolean {
  return userErrors.some(({ code }) => code === "OUTCOME_UNKNOWN");
}

/** What a state change does to other records. They are shown as they were before it. */
export interface Impact {
  readonly asOf: Date | null;
  readonly unit: RecordVersion | null;
  readonly building: RecordVersion | null;
  /** Null if Alma's lists omit archived records, so that the rooms are unknown. */
  readonly rooms: readonly RecordVersion[] | null;
  readonly contracts: readonly RecordVersion[];
  /** The contracts for which Alma refuses a block. */
  readonly obstacles: readonly RecordVersion[];
  readonly clientsLosingAccess: readonly RecordVersion[];
  /** The clients that keep only planned contracts. */
  readonly clientsPossiblyLosingAccess: readonly RecordVersion[];
  readonly isReversible: boolean;
  /** Effects that the opposite write does not undo, one sentence each. */
  readonly irreversible: readonly string[];
  /** Limits of the reported impact, one sentence each. */
  readonly uncertain: readonly string[];
  /** Unreadable records that may be affected too. */
  readonly failedReads: FailedReads;
}
