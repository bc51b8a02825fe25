import type { JobRowState, JobState } from "../../graph/generated.ts";
import type { GraphContext, InjectionKey, UserError } from "../../graph/index.ts";
import type { Caller, RouteParts, Scope } from "../../server/index.ts";

/** The outcome of a row. */
export interface JobRowOutcome {
  readonly state: JobRowState;
  /** The payload as selected by the document; null if there is none, or it is too large to store. */
  readonly payload: unknown;
  readonly userErrors: readonly UserError[];
  /** The error that replaces the payload or a part of it. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** One row of a job. */
export interface JobRow extends JobRowOutcome {
  /** Its position among the rows, from 1, or its number in the source table. */
  readonly number: number;
  readonly variables: unknown;
}

/** A job, as far as stored. */
export interface Job {
  readonly id: string;
  readonly state: JobState;
  /** Why it is paused; null if it is not paused. */
  readonly reason: string | null;
  /** The document that it runs for each row. */
  readonly document: string;
  readonly isDryRun: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly expiresAt: Date;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly unknown: number;
  readonly left: number;
  /** Rows per second; null while it is not running, or unknown. */
  readonly pace: number | null;
  /** Returns whether this description is still current. */
  isCurrent(): boolean;
  /** Returns the rows in some states, or all, after a row number. */
  rows(states: readonly JobRowState[] | null, after: number, first: number): Promise<readonly JobRow[]>;
}

/** The arguments that start a job. */
export interface JobRequest {
  readonly document: string;
  /** The variables of each row. */
  readonly rows: readonly unknown[];
  readonly rowNumbers?: readonly number[] | null;
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | null;
}

/** The jobs of callers. All methods reject with AlmaError. Callers cannot see each other's jobs. */
export interface Jobs {
  start(request: JobRequest, caller: Caller): Promise<Job | readonly UserError[]>;
  find(id: string, caller: Caller): Promise<Job | undefined>;
  /** Returns the caller's jobs, newest first. */
  all(caller: Caller): Promise<readonly Job[]>;
  /** Stops a job: it starts no more rows. */
  stop(id: string, caller: Caller): Promise<Job | undefined>;
  /** Continues the remaining rows, with the caller's current scopes. */
  resume(id: string, caller: Caller): Promise<Job | undefined>;
}

/** The variables of a row. */
export type Variables = Readonly<Record<string, unknown>>;

/** The place of a row relative to the others of its job. */
export interface RowPlace {
  /** Its subject: rows with the same subject run in order. Undefined if it has none. */
  readonly subject: string | undefined;
  /** The stage: a row runs after all rows of lower stages. */
  readonly stage: 0 | 1 | 2;
  /** The subjects that must be completed first. */
  readonly needs: readonly string[];
  /** Orders rows of one subject; equal values keep the given order. */
  readonly changedAt: number;
}

/** A row with its place relative to the others. */
export interface PlacedRow extends RowPlace {
  readonly index: number;
}

/** A mutation of one record, in the form that is run for each row of a job. */
export interface JobDocument {
  /** The text, which also uses the job's variables `_jobKey` and `_jobDryRun`. */
  readonly text: string;
  /** The scopes that it needs. */
  readonly requires: readonly Scope[];
  /** The name of the mutation. */
  readonly mutation: string;
  /** Returns an error in the variables of a row, if any. */
  faultOf(row: unknown): string | undefined;
  placeOf(row: Variables): RowPlace;
  /**
   * Returns the variables for one run. `needed`: the rows that must be included because they were not written, as in a
   * dry run.
   */
  variablesOf(row: Variables, needed: readonly Variables[]): Variables;
  /** Returns the outcome of a row from the data of an answer. */
  payloadOf(data: Variables | null | undefined): RowPayload | undefined;
  /** Returns the outcome of a row that needs a row that failed. */
  failBy?(row: PlacedRow, variables: Variables, needed: PlacedRow): JobRowOutcome;
  /** Errors after which a row runs again when the other rows of its stage have finished, which may decide or fix it. */
  readonly open: ReadonlySet<string>;
}

/** A mutation's answer for a row. */
export interface RowPayload {
  readonly payload: object;
  readonly userErrors: readonly UserError[];
}

/** The variable of every job's document that says whether it is a dry run. */
export const DRY_RUN_VARIABLE = "_jobDryRun";

/** The interface for other capabilities. */
export interface JobsApi {
  /** Readers of documents whose rows are not their variables, by text. */
  readonly documents: Map<string, (parts: RouteParts) => JobDocument>;
  /** The maximum number of rows of one job (MAX_JOB_ROWS). */
  readonly maxRows: number;
  /** Returns the jobs. Throws NO_LEADER while no process runs them. */
  jobs(): Jobs;
  /** Starts a job and returns the payload of the mutation. `rowsArgument`: the name of the argument with the rows. */
  start(request: JobRequest, context: GraphContext, rowsArgument: string): Promise<StartPayload>;
}

/** The payload of a mutation that starts a job. */
export interface StartPayload {
  readonly job: Job | null;
  readonly userErrors: readonly UserError[];
}

export const jobsKey: InjectionKey<JobsApi> = "jobs";
