import type { Kind } from "../../alma/index.ts";
import type { ChangeSource, ScopeOfField, WriteCause } from "./logged-change.ts";
import type { FieldErrors, FieldValues, Source } from "./source.ts";

/**
 * What has changed about a record: its *content* (what an answer may show of it, or whether an answer may show it
 * without a call); the same of a record that Alma has never shown and that none refers to, so that only an answer that
 * asked for it rests on it (*unseen*); only when it was read (*reading*); or only when another record last showed it as
 * before (*mention*).
 */
export type RecordChange = "content" | "unseen" | "reading" | "mention";

/** Is told of every change of a record of a kind, after it. One reading or write may be told several times. */
export interface RecordObserver<R> {
  /** Is told what readings show to have changed in Alma. */
  readonly recorder: Recorder | undefined;
  noteChange(cached: R, change: RecordChange): void;
}

/** A value that a source showed, and when the last reading of the source that showed it started and ended. */
export interface ShownValue {
  readonly text: string | null;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What a list, a detail or the parts in other records last showed of a record. */
export interface ShownSource extends Source {
  readonly startedAt: number;
  readonly endedAt: number;
  /** The recorder's: the last values before changes that it cannot record yet, by field. */
  unrecorded: Map<string, ShownValue> | undefined;
}

/** A record as its recorder sees it. */
export interface RecordedFields {
  readonly kind: Kind;
  readonly id: number;
  readonly key: string;
  /** What is served of it. */
  readonly value: FieldValues;
  readonly fieldErrors: FieldErrors;
  /** Its detail first. */
  readonly sources: readonly (ShownSource | undefined)[];
  /** The recorder's: the last writes that may have changed it, the latest last. */
  causes: readonly WriteCause[] | undefined;
  /** When its detail was first read, by the wall clock; undefined if it was not, or if that was not noted. */
  readonly knownSince: number | undefined;
}

/** A reading: when it started and ended, by the catalog's clock. */
type Reading = readonly [startedAt: number, endedAt: number];

/**
 * Records what readings and writes show to have changed in Alma. A catalog has one at most, and asks it nothing without
 * one. Those about records are called before what they tell shows.
 */
export interface Recorder {
  /** A time of the catalog's clock by the wall clock. */
  readonly dateOf: (at: number) => number;
  /** All lists that are known have been read, up to a time of the clock. */
  noteRead(until: number): void;
  /** A source of the record shows `reading`. */
  noteChanges(record: RecordedFields, source: ShownSource, reading: Source, ...times: Reading): void;
  /** A reading has changed what is served of a record, which was `before`. */
  noteServed(record: RecordedFields, before: Source, ...times: Reading): void;
  /** A reading is the first that shows a record. */
  noteMade(record: RecordedFields, ...times: Reading): void;
  /** Alma has no such record. */
  noteGone(record: RecordedFields, ...times: Reading): void;
  /** A record that was found gone at `goneAt` is there again. */
  noteReturn(record: RecordedFields, goneAt: number, ...times: Reading): void;
  /** What is known of a record is about to be forgotten. */
  noteForgotten(record: RecordedFields): void;
  /**
   * A list that was read after one of `listAt` names other records than that did, which named `previous`. Records with
   * an id above `highest` were not known before.
   */
  noteMembers(
    previous: readonly RecordedFields[],
    listed: readonly RecordedFields[],
    highest: number,
    listAt: number,
    ...times: Reading
  ): void;
  /** A write may have changed a record. */
  noteCause(record: RecordedFields, cause: WriteCause): void;
}

/** Makes the recorder of a catalog, by its clock, and by the wall clock. */
export type CreateRecorder = (
  clock: () => number,
  dateOf: (at: number) => number,
  scopeOf: ScopeOfField,
) => Recorder & ChangeSource;
