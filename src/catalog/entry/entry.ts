import { hash } from "node:crypto";
import { declarations } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { ScopeOfField } from "../record/logged-change.ts";
import {
  failureState,
  fromTime,
  keepLatest,
  type RecordState,
  restoreFailure,
  toTime,
  type WriteTimes,
  writeTimes,
} from "../record/record-state.ts";
import { visibleTexts } from "../record/shown-field.ts";
import { isSameValue, isShown } from "../record/source.ts";
import type { ParentIds } from "../store/relation-index.ts";
import { type LookupKind, lookupKinds, type Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";

/** Returns the entry of a record. The entry of an evicted record tells readers to forget it. */
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
  const texts = visibleTexts(kind, source, scopeOf);
  return { kind, id, fields: JSON.stringify({ ...texts, isListed: String(cached.isListed) }) };
}

/** Returns the entry with the members of a table's list, if it ever had one. */
export function membersEntry({ kind, membersAt, listed }: Table): CatalogEntry | undefined {
  if (toTime(membersAt) === undefined) return undefined;
  const value: MembersEntry = { at: membersAt, ids: listed.map(({ id }) => id) };
  return { key: `members:${kind}`, value: JSON.stringify(value) };
}

/** Returns the contents of `listEntry` without its time: equal as long as nothing changes. */
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

/** Returns the entry with the state of a list. */
export function listEntry(kind: Kind, state: Omit<ListEntry, "at">, at: number): CatalogEntry {
  return { key: `list:${kind}`, value: JSON.stringify({ at, ...state } satisfies ListEntry) };
}

/**
 * Returns the entry of a lookup by its key, such as `unit:BX-1`. The entry of a forgotten lookup tells readers to
 * forget it.
 */
export function lookupEntry({ lookups }: Store, lookupKey: string, at: number): CatalogEntry {
  const [owner, externalId] = splitOnce(lookupKey);
  const known = lookups[owner as LookupKind].peek(externalId);
  if (!known) return { key: `lookup:${lookupKey}`, value: null };
  const value: LookupEntry = { at, readAt: known.at, kind: known.kind, id: known.id };
  return { key: `lookup:${lookupKey}`, value: JSON.stringify(value) };
}

/** Splits a text at its first colon. */
function splitOnce(text: string): [string, string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/**
 * Yields all contents of a catalog. Changes are allowed in between: each entry is as of when it is taken; the lists,
 * which come last, as of when the first entry is taken.
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

/** A list or its members, until the other part arrives. */
interface PendingList {
  members?: MembersEntry;
  list?: ListEntry;
}

/**
 * Creates a reader that applies the entries of another catalog in any order: of two values for a key, the later one
 * counts. A list is applied as a whole, once its members have arrived.
 */
export function createEntryReader(store: Store) {
  /** When the applied value of each key was serialized. */
  const stamps = new Map<string, number>();
  const pendingLists = new Map<Kind, PendingList>();

  function forget(sort: string, rest: string) {
    const [owner, id] = splitOnce(rest);
    if (sort === "record") store.tables[owner as Kind].forget(Number(id));
    if (sort === "lookup") store.lookups[owner as LookupKind].delete(id);
  }

  function applyPart(kind: Kind, sort: string, entry: MembersEntry | ListEntry) {
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
    /** Applies an entry. Throws if it does not have the form of `ENTRY_FORMAT`. */
    apply({ key, value }: CatalogEntry) {
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

function applyRecord({ tables }: Store, key: string, { at, parents, ...state }: RecordEntry) {
  const [kind, id] = splitOnce(key);
  const table = tables[kind as Kind];
  const cached = table.add(Number(id));
  cached.restore(state, at);
  if (cached.isListed) cached.repeatSummary(table.listAt);
  table.relationIndex.setParents(cached, parents ?? table.relationIndex.parentsIn(cached));
  const { detail = {} } = cached;
  for (const field in detail) if (isShown(detail[field])) table.shownFields.add(field);
}

function applyLookup({ lookups }: Store, key: string, { readAt, kind, id }: LookupEntry) {
  const [owner, externalId] = splitOnce(key);
  lookups[owner as LookupKind].set(externalId, { at: readAt, kind, id });
}

/** Applies a list atomically. `ids`: its members, if they have changed. */
function applyList(table: Table, list: ListEntry, ids: readonly number[] | undefined) {
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

function setMembers(table: Table, ids: readonly number[]) {
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
 * A part of a catalog's contents, as text.
 *
 * | key | value |
 * | --- | --- |
 * | `record:unit:9199` | `RecordEntry`: all that is known of a record, with the times of its readings and writes |
 * | `members:unit` | `MembersEntry`: the records in the list |
 * | `list:unit` | `ListEntry`: when the list was read, and what was written since |
 * | `lookup:unit:BX-1`, `lookup:rentalObject:BX-1` | `LookupEntry`: Alma's answer for a Bitrix id |
 *
 * Times are by the catalog's clock. A listed record was last shown by its list, so a list that shows no change
 * changes one short entry.
 */
export interface CatalogEntry {
  readonly key: string;
  /** JSON; null to forget the entry. */
  readonly value: string | null;
  /** The visible part of an existing record; changes only together with the value. */
  readonly shown?: ShownRecord;
}

/** A record as visible with only the scope READ. */
interface ShownRecord {
  readonly kind: Kind;
  readonly id: number;
  /** JSON: texts by field as in changes, without empty ones, and whether it is listed (`isListed`). */
  readonly fields: string;
}

/** The value of an entry and when it was serialized. Of two values for a key, the later one counts. */
interface Stamped {
  readonly at: number;
}

/** A stored record: its state, and what the record map needs to restore it. */
export interface RecordEntry extends Stamped, RecordState {
  /** The relations in the relation index, if they differ from those in the record's value. */
  readonly parents?: ParentIds;
}

interface MembersEntry extends Stamped {
  /** The ids in descending order. */
  readonly ids: readonly number[];
}

interface ListEntry extends Stamped {
  readonly listAt?: number;
  /** The `at` of its members; omitted if the list is empty. */
  readonly membersAt?: number;
  /** Since when changes of the members have been recorded. */
  readonly knownSince?: number;
  readonly malformedEntries: number;
  readonly failure?: RecordState["failure"];
  readonly listInvalidatedAt?: number;
  /** See the relation index, the evicted records and the details of the table. */
  readonly unknownAt?: number;
  readonly evictedWrites: Partial<WriteTimes>;
  readonly shownFields: readonly string[];
}

interface LookupEntry extends Stamped {
  /** When Alma was asked. */
  readonly readAt: number;
  readonly id?: number;
  /** The kind of a rental object. */
  readonly kind?: Kind;
}

/**
 * Returns whether an entry concerns a list. Such entries come last when a complete catalog is read: their last write
 * applies to every record about which nothing else is known.
 */
export const isAboutList = (key: string): boolean => key.startsWith("list:") || key.startsWith("members:");

/**
 * The times in an entry that change when Alma is read again with the same result; the first is the time of
 * serialization. Any other change means a write or new data.
 */
export const READING_TIMES =
  /(?<="(?:at|readAt|listAt|detailAt|kindKnownAt|relationsKnownAt|reportedAt)":)-?[\d.e+-]+/g;

/** Returns whether a write has invalidated the contents of an entry, so that they count only if read since. */
export const wasInvalidated = (text: string): boolean =>
  /"(?:invalidated|detailInvalidated|listInvalidated|relationsInvalidated)At":/.test(text);

/** Increased when the same fields are serialized differently or change their meaning. */
const FORMAT = 6;

/**
 * The format of entries. A gateway reads only entries of its own format, which depends on the fields of all kinds: if a
 * field was not read, its absence does not mean that Alma has no value for it.
 */
export const ENTRY_FORMAT = `${FORMAT}-${hash("sha256", describeKinds()).slice(0, 16)}`;

function describeKinds() {
  const kinds = Object.entries(declarations).map(([kind, { fields, summary, relations }]) => [
    kind,
    Object.entries(fields).map(([name, { wire }]: [string, { readonly wire?: string }]) => [name, wire]),
    summary,
    relations,
  ]);
  return JSON.stringify(kinds);
}
