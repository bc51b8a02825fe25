import type { Offer } from "../../capability.ts";
import type { JobRowState, JobState } from "../../graph/generated.ts";
import type { GraphContext, UserError } from "../../graph/index.ts";
import type { Caller, Scope, ServerParts } from "../../server/index.ts";

/** The outcome of a row. */
export interface JobRowOutcome {
  readonly state: JobRowState;
  /** As selected by the document; null if there is none, or it is too large to keep. */
  readonly payload: unknown;
  readonly userErrors: readonly UserError[];
  /** The error instead of the payload, or of a part of it. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** One row of a job. */
export interface JobRow extends JobRowOutcome {
  /** Its position among the rows, from 1, or its number at its origin. */
  readonly number: number;
  readonly variables: unknown;
}

/** A job, as far as stored. */
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
  /** Rows per second; null while it does not run, or is unknown. */
  readonly pace: number | null;
  /** Returns whether this is still current. */
  isCurrent(): boolean;
  /** Returns the rows of some states, or of all, after a number. */
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

/** The jobs of callers. All methods reject with AlmaError; a job of another caller does not exist. */
export interface Jobs {
  start(asked: JobRequest, caller: Caller): Promise<Job | readonly UserError[]>;
  find(id: string, caller: Caller): Promise<Job | undefined>;
  /** The newest first. */
  all(caller: Caller): Promise<readonly Job[]>;
  /** Starts no further row. */
  stop(id: string, caller: Caller): Promise<Job | undefined>;
  /** Continues the remaining rows, with the caller's present scopes. */
  resume(id: string, caller: Caller): Promise<Job | undefined>;
}

/** The variables of a row. */
export type Variables = Readonly<Record<string, unknown>>;

/** The place of a row among the others of its job. */
export interface RowPlace {
  /** Its subject: rows with the same one run in order. Undefined if it shares none. */
  readonly subject: string | undefined;
  /** It runs after all rows of lower stages. */
  readonly stage: 0 | 1 | 2;
  /** The subjects that must be done before. */
  readonly needs: readonly string[];
  /** Orders rows of one subject; ties keep the given order. */
  readonly changedAt: number;
}

/** A row with its place among the others. */
export interface PlacedRow extends RowPlace {
  readonly index: number;
}

/** A mutation of one record, as run for each row of a job. */
export interface JobDocument {
  /** With the variables from the job: `_jobKey`, `_jobDryRun`. */
  readonly text: string;
  /** The scopes that it needs. */
  readonly requires: readonly Scope[];
  /** The name of the mutation. */
  readonly mutation: string;
  /** Returns a fault in the variables of a row, if any. */
  faultOf(row: unknown): string | undefined;
  placeOf(row: Variables): RowPlace;
  /** Returns the variables for one run. `needed`: rows not done before, as in a dry run. */
  variablesOf(row: Variables, needed: readonly Variables[]): Variables;
  /** Returns the outcome of a row from the data of an answer. */
  payloadOf(data: Variables | null | undefined): RowPayload | undefined;
  /** Returns the outcome of a row that needs another one that was not done. */
  failBy?(row: PlacedRow, variables: Variables, needed: PlacedRow): JobRowOutcome;
  /** The errors after which a row runs again when others of its stage are done, which may show or fix it. */
  readonly open: ReadonlySet<string>;
}

/** The answer of a mutation to a row. */
export interface RowPayload {
  readonly payload: object;
  readonly userErrors: readonly UserError[];
}

/** The interface for other capabilities. */
export interface OfferedJobs {
  /** By text, readers of documents whose rows are not their variables. */
  readonly documents: Map<string, (parts: ServerParts) => JobDocument>;
  /** Throws NO_LEADER while there are none. */
  jobs(): Jobs;
  /** Starts a job and returns the payload of the mutation. `rows`: the argument they come from. */
  start(asked: JobRequest, context: GraphContext, rows: string): Promise<StartPayload>;
}

/** The payload of a mutation that starts a job. */
export interface StartPayload {
  readonly job: Job | null;
  readonly userErrors: readonly UserError[];
}

export const jobsOffer: Offer<OfferedJobs> = { of: "jobs", what: "jobs" };
