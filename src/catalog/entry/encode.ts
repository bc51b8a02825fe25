import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { ScopeOfField } from "../record/logged-change.ts";
import { failureState, toTime, writeTimes } from "../record/record-state.ts";
import { shownTexts } from "../record/shown-field.ts";
import { isSameValue } from "../record/source.ts";
import { type LookupKind, lookupKinds } from "../store/lookup-cache.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import type {
  CatalogEntry,
  ListEntry,
  LookupEntry,
  MembersEntry,
  RecordEntry,
  ShownRecord,
} from "./entry.ts";

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
export function splitOnce(text: string): [string, string] {
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
