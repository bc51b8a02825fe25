import { AlmaError } from "../../alma/index.ts";
import type { Verdicts } from "./field-verdict.ts";
import type { ShownValue } from "./recorder.ts";
import { type FieldErrors, type FieldValues, NEVER, type Source } from "./source.ts";

/*
 * The times that decide what may be served of a record, and the form in which records are stored and replicated.
 */

/**
 * When the last writes ended that may have changed a record, by the scope of the change.
 *
 * **The rule of time.** A reading counts from when its call was *sent*, a write from when it *ended*, both by one
 * strictly increasing clock. A value may be served only if it was read after the last write that may have changed it
 * (`readAt > invalidatedAt`; equal times are stale). So the order in which the answers to a write and a concurrent read
 * arrive does not matter.
 */
export interface WriteTimes {
  /** May have changed any field. */
  invalidatedAt: number;
  /** May have changed fields not shown by the list. */
  detailInvalidatedAt: number;
  /** May have changed references. */
  relationsInvalidatedAt: number;
}

export const writeTimes = ["invalidatedAt", "detailInvalidatedAt", "relationsInvalidatedAt"] as const;

/** The possible effects of a write. */
export interface WriteScope {
  /** Whether fields shown by a list may have changed too. */
  readonly changesList: boolean;
  /** Whether references may have changed too. */
  readonly changesRelations: boolean;
}

/** Records that a write of this scope ended at `at`. */
export function markInvalidated(
  times: WriteTimes,
  at: number,
  { changesList, changesRelations }: WriteScope,
): void {
  const time = changesList ? "invalidatedAt" : "detailInvalidatedAt";
  times[time] = Math.max(times[time], at);
  if (changesRelations) times.relationsInvalidatedAt = Math.max(times.relationsInvalidatedAt, at);
}

/** Replaces each time by the one in `others`, if later. Omitted times are NEVER. */
export function keepLatest(times: WriteTimes, others: Partial<WriteTimes>): void {
  for (const time of writeTimes) times[time] = Math.max(times[time], others[time] ?? NEVER);
}

/** `ShownSource.unrecorded` as JSON. */
type UnrecordedState = readonly (readonly [field: string, shown: ShownValue])[] | undefined;

/** A partial record as JSON. */
export interface PartialState extends Source {
  readonly reportedAt: number;
  readonly unchangedSince: number;
  /** The fields omitted in Alma's answer; JSON omits undefined values too. */
  readonly unknown?: readonly string[];
  readonly superseded?: readonly string[];
  readonly isWithdrawn?: true;
  readonly unrecorded?: UnrecordedState;
}

/** The three sources of a record as JSON. */
export interface SourcesState {
  readonly detail?:
    | {
        readonly values: FieldValues;
        readonly fieldErrors?: FieldErrors;
        readonly unrecorded?: UnrecordedState;
      }
    | undefined;
  readonly summary?: PartialState;
  readonly embedded?: PartialState;
  readonly detailAt?: number;
  readonly supersededAt?: number;
  readonly servesSuperseded?: true;
  readonly knownSince?: number;
  readonly mentionedSince?: number;
}

/** The complete state of a record as JSON, except whether its list contains it. */
export interface RecordState extends SourcesState, Readonly<Partial<WriteTimes>> {
  readonly goneAt?: number;
  readonly goneSince?: number;
  readonly kindKnownAt?: number;
  readonly relationsKnownAt?: number;
  readonly failure?: FailureState;
  readonly verdicts?: Verdicts;
}

/** Why and when a read failed. */
export interface Failure {
  readonly at: number;
  readonly error: AlmaError;
}

/** A failure as JSON, without the underlying error. */
type FailureState = Pick<
  AlmaError,
  "code" | "message" | "retryAfter" | "limit" | "since" | "isAboutRecord"
> & {
  readonly at: number;
};

/** Converts a failure to JSON. */
export function failureState(failure: Failure | undefined): FailureState | undefined {
  if (!failure) return undefined;
  const { code, message, retryAfter, limit, since, isAboutRecord } = failure.error;
  return { at: failure.at, code, message, isAboutRecord, retryAfter, limit, since };
}

/** Restores a failure from JSON. */
export function restoreFailure(state: FailureState | undefined): Failure | undefined {
  if (!state) return undefined;
  const { at, code, message, ...details } = state;
  return { at, error: new AlmaError(code, message, details) };
}

/** Converts a time to JSON; NEVER is omitted. */
export const toTime = (at: number): number | undefined => (at === NEVER ? undefined : at);

/** Converts a time from JSON. */
export const fromTime = (at: number | undefined): number => at ?? NEVER;
