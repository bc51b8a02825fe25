import type { Explanation, Freshness, Standing } from "../../catalog/index.ts";

/** How an operation differs from others of the same settings. */
export interface OperationOptions {
  readonly freshness?: Freshness;
  /** Replaces the call budget. */
  readonly maxCalls?: number;
  /** What the caller asks about its cost. */
  readonly explanation?: Explanation;
}

/** How the operation of a write goes on: past the deadline, unless `endsAtDeadline`. */
export interface DetachedOptions extends Omit<OperationOptions, "explanation"> {
  readonly endsAtDeadline?: boolean;
}

/** What decides whether an answer may be given again. */
export interface RepeatableAnswer {
  /** How many records it shows. */
  readonly reused: number;
  standing(): Standing;
}
