import { AlmaError } from "../../alma/index.ts";
import type { ShownValue } from "./recorder.ts";
import { type FieldErrors, type FieldValues, NEVER, type Source } from "./source.ts";
import type { WrittenValues } from "./written-value.ts";

/**
 * When the last writes ended that may have changed a record, by what they may have changed.
 *
 * **The rule of time.** A reading counts from when its call was *sent*, a write from when it *ended*, both by one
 * strictly increasing clock. A value may be served only if it was read after the last write that may have changed it
 * (`readAt > invalidatedAt`; a tie is stale). So it does not matter in which order the answers to a write and to a
 * read in flight arrive.
 */
export interface WriteTimes {
  /** Any of its fields. */
  invalidatedAt: number;
  /** Fields that its list does not show. */
  detailInvalidatedAt: number;
  /** To which records it refers. */
  relationsInvalidatedAt: number;
}

/** Their names. */
export const writeTimes = ["invalidatedAt", "detailInvalidatedAt", "relationsInvalidatedAt"] as const;

/** What a write may have changed. */
export interface WriteScope {
  /** Whether fields that a list shows may have changed too. */
  readonly changesList: boolean;
  /** Whether the records that it refers to may have changed too. */
  readonly changesRelations: boolean;
}

/** Notes that a write of this scope ended at `at`. */
export function markInvalidated(
  times: WriteTimes,
  at: number,
  { changesList, changesRelations }: WriteScope,
): void {
  const time = changesList ? "invalidatedAt" : "detailInvalidatedAt";
  times[time] = Math.max(times[time], at);
  if (changesRelations) times.relationsInvalidatedAt = Math.max(times.relationsInvalidatedAt, at);
}

/** Replaces each time by the time in `others`, if that is later; there, one that is left out is NEVER. */
export function keepLatest(times: WriteTimes, others: Partial<WriteTimes>): void {
  for (const time of writeTimes) times[time] = Math.max(times[time], others[time] ?? NEVER);
}

/** `ShownSource.unrecorded` as JSON. Stores know it by an earlier name. */
type UnrecordedState = readonly (readonly [field: string, shown: ShownValue])[] | undefined;

/** A partial record as JSON. */
export interface PartialState extends Source {
  readonly reportedAt: number;
  readonly unchangedSince: number;
  /** The fields that an answer left out, which JSON leaves out too. */
  readonly unknown?: readonly string[];
  readonly superseded?: readonly string[];
  readonly isWithdrawn?: true;
  readonly untold?: UnrecordedState;
}

/** The three sources of a record as JSON. */
export interface SourcesState {
  readonly detail?:
    | { readonly values: FieldValues; readonly fieldErrors?: FieldErrors; readonly untold?: UnrecordedState }
    | undefined;
  readonly summary?: PartialState;
  readonly embedded?: PartialState;
  readonly detailAt?: number;
  readonly supersededAt?: number;
  readonly servesSuperseded?: true;
  readonly knownSince?: number;
  readonly mentionedSince?: number;
}

/** All that is known of a record as JSON, except what its list says: whether it names the record. */
export interface RecordState extends SourcesState, Readonly<Partial<WriteTimes>> {
  readonly goneAt?: number;
  readonly goneSince?: number;
  readonly kindKnownAt?: number;
  readonly relationsKnownAt?: number;
  readonly failure?: FailureState;
  readonly written?: WrittenValues;
}

/** Why a read failed, and when it was started. */
export interface Failure {
  readonly at: number;
  readonly error: AlmaError;
}

/** A failure as JSON, without the underlying error. */
export type FailureState = Pick<AlmaError, "code" | "message" | "retryAfter" | "limit" | "isAboutRecord"> & {
  readonly at: number;
};

export function failureState(failure: Failure | undefined): FailureState | undefined {
  if (!failure) return undefined;
  const { code, message, retryAfter, limit, isAboutRecord } = failure.error;
  return { at: failure.at, code, message, isAboutRecord, retryAfter, limit };
}

export function restoreFailure(state: FailureState | undefined): Failure | undefined {
  if (!state) return undefined;
  const { at, code, message, ...details } = state;
  return { at, error: new AlmaError(code, message, details) };
}

/** A time for JSON, which has no NEVER: it is left out. */
export const toTime = (at: number): number | undefined => (at === NEVER ? undefined : at);

/** A time of JSON. */
export const fromTime = (at: number | undefined): number => at ?? NEVER;
