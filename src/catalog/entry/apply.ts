import type { Kind } from "../record/kind.ts";
import { fromTime, keepLatest, restoreFailure } from "../record/record-state.ts";
import { isShown } from "../record/source.ts";
import type { LookupKind } from "../store/lookup-cache.ts";
import type { Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { splitOnce } from "./encode.ts";
import type { CatalogEntry, ListEntry, LookupEntry, MembersEntry, RecordEntry } from "./entry.ts";

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
  table.listFingerprint = undefined;
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
  table.listFingerprint = undefined;
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
