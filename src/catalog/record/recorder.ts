import type { Kind } from "../../alma/index.ts";
import type { ChangeSource, ScopeOfField, WriteCause } from "./logged-change.ts";
import type { FieldErrors, FieldValues, Source } from "./source.ts";

/**
 * What changed about a record.
 *
 * - `content`: the values that answers show, or whether an answer needs a call.
 * - `unseen`: like `content`, for a record that Alma never showed and nothing refers to. It affects only answers that
 *   asked for this record.
 * - `reading`: only the time of the last read.
 * - `mention`: only the time when another record last showed it, unchanged.
 */
export type RecordChange = "content" | "unseen" | "reading" | "mention";

/** Observes every change of the records of a kind. The same read or write may be reported several times. */
export interface RecordObserver<R> {
  /** Records the changes in Alma that readings show. */
  readonly recorder: Recorder | undefined;
  noteChange(cached: R, change: RecordChange): void;
}

/** A value shown by a source, and when the last reading that showed it started and ended. */
export interface ShownValue {
  readonly text: string | null;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A source's last view of a record: a list, a detail, or parts in other records. */
export interface ShownSource extends Source {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Used by the recorder: for changes that it cannot record yet, the last value before, by field. */
  unrecorded: Map<string, ShownValue> | undefined;
}

/** A record as its recorder sees it. */
export interface RecordedFields {
  readonly kind: Kind;
  readonly id: number;
  readonly key: string;
  /** The served value. */
  readonly value: FieldValues;
  readonly fieldErrors: FieldErrors;
  /** The sources, starting with the detail. */
  readonly sources: readonly (ShownSource | undefined)[];
  /** Used by the recorder: the last writes that may have changed the record, latest last. */
  causes: readonly WriteCause[] | undefined;
  /** When its detail was first read, by the wall clock, if known. */
  readonly knownSince: number | undefined;
}

/** The start and end of a reading, by the catalog's clock. */
type Reading = readonly [startedAt: number, endedAt: number];

/**
 * Records changes in Alma shown by readings and writes. Methods about records are called before the change is applied.
 */
export interface Recorder {
  /** Converts a time of the catalog's clock to the wall clock. */
  readonly dateOf: (at: number) => number;
  /** Records that every known list has been read at this time or later. */
  noteRead(until: number): void;
  /** Records that a source of the record shows `reading`; undefined if it is the first detail. */
  noteReading(
    record: RecordedFields,
    source: ShownSource | undefined,
    reading: Source,
    ...times: Reading
  ): void;
  /** Records that a reading changed the served value of a record from `before`. */
  noteServed(record: RecordedFields, before: Source, ...times: Reading): void;
  /** Records that Alma has no such record. */
  noteGone(record: RecordedFields, ...times: Reading): void;
  /** Records that a record found gone at `goneAt` is back. */
  noteReturn(record: RecordedFields, goneAt: number, ...times: Reading): void;
  /** Records that a record is about to be evicted. */
  noteForgotten(record: RecordedFields): void;
  /**
   * Records that a list contains the records `listed`. The previous one, read at `listAt`, contained `previous`.
   * Records with an id above `highest` were not known before.
   */
  noteMembers(
    previous: readonly RecordedFields[],
    listed: readonly RecordedFields[],
    highest: number,
    listAt: number,
    ...times: Reading
  ): void;
  /** Records that a write may have changed a record. */
  noteCause(record: RecordedFields, cause: WriteCause): void;
}

/** Creates the recorder of a catalog, by its clock and the wall clock. */
export type CreateRecorder = (
  clock: () => number,
  dateOf: (at: number) => number,
  scopeOf: ScopeOfField,
) => Recorder & ChangeSource;
