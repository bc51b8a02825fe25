import type { FailedReads } from "../../catalog/index.ts";
import type { RecordVersion } from "../view/record-view.ts";
import type { UserError } from "./user-error.ts";

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
