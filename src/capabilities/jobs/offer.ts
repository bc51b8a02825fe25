import type { Offer } from "../../capability.ts";
import type { JobRowState, JobState, UserErrorCode } from "../../graph/generated.ts";
import type { GraphContext } from "../../graph/index.ts";
import type { Caller, Scope, ServerParts } from "../../server/index.ts";

/** What keeps something from being done, as the graph's type `UserError` has it. */
export interface JobError {
  readonly code: UserErrorCode;
  readonly message: string;
  readonly field: readonly string[] | null;
}

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
  start(asked: AskedJob, caller: Caller): Promise<Job | readonly JobError[]>;
  find(id: string, caller: Caller): Promise<Job | undefined>;
  /** The newest first. */
  all(caller: Caller): Promise<readonly Job[]>;
  /** Begins no further row. */
  stop(id: string, caller: Caller): Promise<Job | undefined>;
  /** Goes on with the rows that are left, with what the caller may do now. */
  resume(id: string, caller: Caller): Promise<Job | undefined>;
}

/** The variables of a row. */
export type Variables = Readonly<Record<string, unknown>>;

/** Where a row of a job has its place among the others. */
export interface RowPlace {
  /** What it is about: rows with the same text run in order. Undefined if it is about nothing that others are. */
  readonly subject: string | undefined;
  /** It runs after all rows of lower stages. */
  readonly stage: 0 | 1 | 2;
  /** The subjects without which it is not done. */
  readonly needs: readonly string[];
  /** Rows with one subject run by this, and then in the order given. */
  readonly changedAt: number;
}

/** A row with its place among the others. */
export interface PlacedRow extends RowPlace {
  readonly index: number;
}

/** A mutation of one record, as each row of a job runs it. */
export interface JobDocument {
  /** With the variables that the job gives it: `_jobKey`, `_jobDryRun`. */
  readonly text: string;
  /** The scopes that it needs. */
  readonly requires: readonly Scope[];
  /** The name of the mutation. */
  readonly mutation: string;
  /** What is wrong with the variables of a row; undefined if nothing is. */
  faultOf(row: unknown): string | undefined;
  placeOf(row: Variables): RowPlace;
  /** The variables for one run. `needed`: rows that have not been done before, as in a dry run. */
  variablesOf(row: Variables, needed: readonly Variables[]): Variables;
  /** What became of a row, in the data of an answer. */
  payloadOf(data: Variables | null | undefined): RowPayload | undefined;
  /** The outcome of a row that needs another one, which was not done. */
  failBy?(row: PlacedRow, variables: Variables, needed: PlacedRow): JobRowOutcome;
  /** The errors of a row that is run again when others of its stage are done, which may show or mend it. */
  readonly open: ReadonlySet<string>;
}

/** What a mutation has answered to a row. */
export interface RowPayload {
  readonly payload: object;
  readonly userErrors: readonly JobError[];
}

/** What jobs offer to others. */
export interface OfferedJobs {
  /** How documents are read of which the rows are not its variables, by their text. */
  readonly documents: Map<string, (parts: ServerParts) => JobDocument>;
  /** Throws NO_LEADER while there are none. */
  jobs(): Jobs;
  /** Starts a job and answers the mutation that asks for it. `rows`: the argument that the rows come from. */
  start(asked: AskedJob, context: GraphContext, rows: string): Promise<StartPayload>;
}

/** What a mutation answers that starts a job. */
export interface StartPayload {
  readonly job: Job | null;
  readonly userErrors: readonly JobError[];
}

export const jobsOffer: Offer<OfferedJobs> = { of: "jobs", what: "jobs" };
