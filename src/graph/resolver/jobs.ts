import type { JobRowState, JobState, UserErrorCode } from "../generated.ts";
import type { RequestCaller } from "./request-caller.ts";

/** What keeps something from being done, as the graph's type `UserError` has it. */
export interface JobError {
  readonly code: UserErrorCode;
  readonly message: string;
  readonly field: readonly string[] | null;
}

/** The code of a row that is forgotten, since its client is (`npm run store -- forget-client`). */
export const FORGOTTEN = "FORGOTTEN";

/** What has become of a row. */
export interface JobRowOutcome {
  readonly state: JobRowState;
  /** As the document selects it; null if there is none, or it is too large to be kept. */
  readonly payload: unknown;
  readonly userErrors: readonly JobError[];
  /** The error in place of the payload, or of a part of it. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** One row of a job. */
export interface JobRow extends JobRowOutcome {
  /** Its place among the rows, from 1, or its number where it comes from. */
  readonly number: number;
  readonly variables: unknown;
}

/** A job, as far as it is stored. */
export interface Job {
  readonly id: string;
  readonly state: JobState;
  /** Why it is paused; null if it is not. */
  readonly reason: string | null;
  readonly isDryRun: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly expiresAt: Date;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly unknown: number;
  readonly left: number;
  /** Rows a second; null while it does not run, or is not known. */
  readonly pace: number | null;
  /** Whether it is so still. */
  isCurrent(): boolean;
  /** Those of some states, or of all, after a number. */
  rows(states: readonly JobRowState[] | null, after: number, first: number): Promise<readonly JobRow[]>;
}

/** What a job is started with. */
export interface AskedJob {
  readonly document: string;
  /** The variables of each row. */
  readonly rows: readonly unknown[];
  readonly rowNumbers?: readonly number[] | null;
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | null;
}

/** The jobs of callers. All reject with AlmaError; a job of another caller is none. */
export interface Jobs {
  start(asked: AskedJob, caller: RequestCaller): Promise<Job | readonly JobError[]>;
  find(id: string, caller: RequestCaller): Promise<Job | undefined>;
  /** The newest first. */
  all(caller: RequestCaller): Promise<readonly Job[]>;
  /** Begins no further row. */
  stop(id: string, caller: RequestCaller): Promise<Job | undefined>;
  /** Goes on with the rows that are left, with what the caller may do now. */
  resume(id: string, caller: RequestCaller): Promise<Job | undefined>;
}
