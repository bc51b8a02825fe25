import { createHash } from "node:crypto";
import { declarations } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { ScopeOfField } from "../record/logged-change.ts";
import {
  type FailureState,
  failureState,
  fromTime,
  keepLatest,
  type RecordState,
  restoreFailure,
  toTime,
  type WriteTimes,
  writeTimes,
} from "../record/record-state.ts";
import { shownTexts } from "../record/shown-field.ts";
import { isSameValue, isShown } from "../record/source.ts";
import type { ParentIds } from "../store/relation-index.ts";
import { type LookupKind, lookupKinds, type Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";

/** The entry of a record. An evicted record is to be forgotten. */
export function recordEntry(store: Store, cached: CachedRecord, at: number): CatalogEntry {
  const table = store.tables[cached.kind];
  const key = `record:${cached.kind}:${cached.id}`;
  if (cached.slot === -1) return { key, value: null };
  const parents = table.relationIndex.parentsOf(cached);
  const isShown = isSameValue(parents, table.relationIndex.parentsIn(cached));
  const value: RecordEntry = { at, ...cached.toState(), ...(!isShown && { parents }) };
  return { key, value: JSON.stringify(value), shown: shownRecord(cached, store.scopeOf) };
}

function shownRecord(cached: CachedRecord, scopeOf: ScopeOfField): ShownRecord | undefined {
  const { kind, id } = cached;
  if (Object.keys(cached.value).length === 0 || cached.hasDisappeared) return undefined;
  const source = { values: cached.value, fieldErrors: cached.fieldErrors };
  const texts = shownTexts(kind, source, scopeOf);
  return { kind, id, fields: JSON.stringify({ ...texts, isListed: String(cached.isListed) }) };
}

/** The members of a table's list; undefined if it never named any. */
export function membersEntry({ kind, membersAt, listed }: Table): CatalogEntry | undefined {
  if (toTime(membersAt) === undefined) return undefined;
  const value: MembersEntry = { at: membersAt, ids: listed.map(({ id }) => id) };
  return { key: `members:${kind}`, value: JSON.stringify(value) };
}

/** What `listEntry` says, without its time: the same text as long as nothing has changed. */
export function listState(table: Table): Omit<ListEntry, "at"> {
  const { evictedWrites } = table;
  return {
    listAt: toTime(table.listAt),
    membersAt: toTime(table.membersAt),
    knownSince: table.knownSince,
    malformedEntries: table.malformedEntries,
    failure: failureState(table.listFailure),
    listInvalidatedAt: toTime(table.listInvalidatedAt),
    unknownAt: toTime(table.relationIndex.unknownAt),
    evictedWrites: Object.fromEntries(writeTimes.map((time) => [time, toTime(evictedWrites[time])])),
    shownFields: [...table.shownFields],
  };
}

export function listEntry(kind: Kind, state: Omit<ListEntry, "at">, at: number): CatalogEntry {
  return { key: `list:${kind}`, value: JSON.stringify({ at, ...state } satisfies ListEntry) };
}

/** The entry of a lookup by its key, `unit:BX-1`; one that is no longer remembered is to be forgotten. */
export function lookupEntry({ lookups }: Store, lookupKey: string, at: number): CatalogEntry {
  const [owner, externalId] = splitOnce(lookupKey);
  const known = lookups[owner as LookupKind].peek(externalId);
  if (!known) return { key: `lookup:${lookupKey}`, value: null };
  const value: LookupEntry = { at, readAt: known.at, kind: known.kind, id: known.id };
  return { key: `lookup:${lookupKey}`, value: JSON.stringify(value) };
}

/** The parts of a text before and after its first colon. */
function splitOnce(text: string): [string, string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/**
 * All that a catalog knows. Others may change it between two entries: each entry is as of when it is taken, and the
 * lists, which come last, as of when the first is taken.
 */
export function* allEntries(store: Store, at: number): Generator<CatalogEntry, void> {
  const lists = kinds.flatMap((kind) => {
    const table = store.tables[kind];
    return [membersEntry(table) ?? [], listEntry(kind, listState(table), at)].flat();
  });
  for (const kind of kinds) {
    const table = store.tables[kind];
    for (const cached of table.records) yield recordEntry(store, cached, at);
  }
  for (const kind of lookupKinds)
    for (const externalId of [...store.lookups[kind].keys()])
      yield lookupEntry(store, `${kind}:${externalId}`, at);
  yield* lists;
}

/** A list and its members, of which the other part may be still to come. */
interface PendingList {
  members?: MembersEntry;
  list?: ListEntry;
}

/**
 * Applies the entries of another catalog, in any order: of two values of one key, the later one counts. A list is
 * applied once its members are there, and then as a whole.
 */
export function createEntryReader(store: Store) {
  /** When the values that were applied were written down, by key. */
  const stamps = new Map<string, number>();
  const pendingLists = new Map<Kind, PendingList>();

  function forget(sort: string, rest: string): void {
    const [owner, id] = splitOnce(rest);
    if (sort === "record") store.tables[owner as Kind].forget(Number(id));
    if (sort === "lookup") store.lookups[owner as LookupKind].delete(id);
  }

  function applyPart(kind: Kind, sort: string, entry: MembersEntry | ListEntry): void {
    const pending = pendingLists.get(kind) ?? {};
    pendingLists.set(kind, pending);
    if (sort === "members") pending.members = entry as MembersEntry;
    else pending.list = entry as ListEntry;
    const { list, members } = pending;
    const table = store.tables[kind];
    const membersAt = fromTime(list?.membersAt);
    const isKnown = membersAt === table.membersAt;
    if (!list || !(isKnown || membersAt === members?.at)) return;
    pendingLists.delete(kind);
    applyList(table, list, isKnown ? undefined : members?.ids);
  }

  return {
    /** Applies an entry. Throws if it is no entry of this form (`ENTRY_FORMAT`). */
    apply({ key, value }: CatalogEntry): void {
      const [sort, rest] = splitOnce(key);
      if (value === null) {
        stamps.delete(key);
        forget(sort, rest);
        return;
      }
      const entry = JSON.parse(value);
      if (entry.at < (stamps.get(key) ?? entry.at)) return;
      stamps.set(key, entry.at);
      if (sort === "record") applyRecord(store, rest, entry);
      else if (sort === "lookup") applyLookup(store, rest, entry);
      else applyPart(rest as Kind, sort, entry);
    },
  };
}

function applyRecord({ tables }: Store, key: string, { at, parents, ...state }: RecordEntry): void {
  const [kind, id] = splitOnce(key);
  const table = tables[kind as Kind];
  const cached = table.add(Number(id));
  cached.restore(state, at);
  if (cached.isListed) cached.repeatSummary(table.listAt);
  table.relationIndex.setParents(cached, parents ?? table.relationIndex.parentsIn(cached));
  const { detail = {} } = cached;
  for (const field in detail) if (isShown(detail[field])) table.shownFields.add(field);
}

function applyLookup({ lookups }: Store, key: string, { readAt, kind, id }: LookupEntry): void {
  const [owner, externalId] = splitOnce(key);
  lookups[owner as LookupKind].set(externalId, { at: readAt, kind, id });
}

/** Applies a list at once: none sees it unfinished. `ids` are those of its members, if others than before. */
function applyList(table: Table, list: ListEntry, ids: readonly number[] | undefined): void {
  table.listFailure = restoreFailure(list.failure);
  table.malformedEntries = list.malformedEntries;
  table.listAt = fromTime(list.listAt);
  table.membersAt = fromTime(list.membersAt);
  table.knownSince = list.knownSince;
  table.relationIndex.addUnknown(fromTime(list.unknownAt));
  keepLatest(table.evictedWrites, list.evictedWrites);
  for (const field of list.shownFields) table.shownFields.add(field);
  if (ids) setMembers(table, ids);
  for (const cached of table.listed) cached.repeatSummary(table.listAt);
  table.invalidateList(fromTime(list.listInvalidatedAt));
  table.evict();
}

function setMembers(table: Table, ids: readonly number[]): void {
  const previous = table.listed;
  table.listed = ids.map((id) => table.add(id));
  const members = new Set(table.listed);
  for (const cached of [...table.listed, ...previous]) {
    const isListed = members.has(cached);
    if (cached.isListed === isListed) continue;
    cached.isListed = isListed;
    table.noteChange(cached, "content");
  }
}

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
interface ShownRecord {
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

interface MembersEntry extends Stamped {
  /** The highest id first. */
  readonly ids: readonly number[];
}

interface ListEntry extends Stamped {
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

interface LookupEntry extends Stamped {
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
