import { createHash } from "node:crypto";
import { declarations, type Kind } from "../../alma/index.ts";
import type { FailureState, RecordState, WriteTimes } from "../record/record-state.ts";
import type { ParentIds } from "../store/relation-index.ts";

/**
 * A part of what a catalog knows, as text: what another process needs in order to know the same.
 *
 * | key | value |
 * | --- | --- |
 * | `record:unit:9199` | `RecordEntry`: all that is known of a record, with the times of its readings and writes |
 * | `members:unit` | `MembersEntry`: the records that the list names |
 * | `list:unit` | `ListEntry`: when the list was read, and what was written since |
 * | `lookup:unit:BX-1`, `lookup:rentalObject:BX-1` | `LookupEntry`: Alma's answer for a Bitrix id |
 *
 * Times are the catalog's clock's. A record that the list names was last shown by that list, so that a list that shows
 * all as before changes one short entry.
 */
export interface CatalogEntry {
  readonly key: string;
  /** JSON; null: the entry is to be forgotten. */
  readonly value: string | null;
  /** Of a record that Alma has; it changes only with the value. */
  readonly shown?: ShownRecord;
}

/** What a reader of a record sees who has no scope beyond READ. */
export interface ShownRecord {
  readonly kind: Kind;
  readonly id: number;
  /** JSON: texts by field, as changes have them, without empty ones, and whether a list names it (`isListed`). */
  readonly fields: string;
}

/** The value of an entry, and when it was written down: of two values of one key, the later one counts. */
interface Stamped {
  readonly at: number;
}

export interface RecordEntry extends Stamped, RecordState {
  /** What the relation index has, where that is not what the record's value says. */
  readonly parents?: ParentIds;
}

export interface MembersEntry extends Stamped {
  /** The highest id first. */
  readonly ids: readonly number[];
}

export interface ListEntry extends Stamped {
  readonly listAt?: number;
  /** The `at` of the members that belong to it; left out if it names no record. */
  readonly membersAt?: number;
  /** Since when changes of the members are recorded. */
  readonly knownSince?: number;
  readonly malformedEntries: number;
  readonly failure?: FailureState;
  readonly listInvalidatedAt?: number;
  /** As of the relation index, the evicted records and the details of the table. */
  readonly unknownAt?: number;
  readonly evictedWrites: Partial<WriteTimes>;
  readonly shownFields: readonly string[];
}

export interface LookupEntry extends Stamped {
  /** When Alma was asked. */
  readonly readAt: number;
  readonly id?: number;
  /** Of a rental object: of which kind it is. */
  readonly kind?: Kind;
}

/**
 * Whether an entry is about a list. Such entries come last where a catalog is read from all entries: they say when
 * anything was last written, which counts for every record of which nothing else is known.
 */
export const isAboutList = (key: string): boolean => key.startsWith("list:") || key.startsWith("members:");

/**
 * The times in the value of an entry that change when Alma is read again with the same result; its first is when it was
 * written down. Where others change, something was written or is otherwise.
 */
export const READING_TIMES =
  /(?<="(?:at|readAt|listAt|detailAt|kindKnownAt|relationsKnownAt|reportedAt)":)-?[\d.e+-]+/g;

/** Raised when the same fields are written down otherwise, or mean something else. */
const FORMAT = 5;

/**
 * Names the form of entries: a gateway reads those of its own form only. It follows from the fields of all kinds, since
 * a record that was read without a field does not show that Alma has no value for it.
 */
export const ENTRY_FORMAT = `${FORMAT}-${createHash("sha256").update(describeKinds()).digest("hex").slice(0, 16)}`;

function describeKinds(): string {
  const kinds = Object.entries(declarations).map(([kind, { fields, summary, relations }]) => [
    kind,
    Object.entries(fields).map(([name, { wire }]: [string, { readonly wire?: string }]) => [name, wire]),
    summary,
    relations,
  ]);
  return JSON.stringify(kinds);
}
