import type { Verb } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kindDefinitions, kinds } from "../record/kind.ts";
import type { WriteCause } from "../record/logged-change.ts";
import { type CompletedWrite, findAffected } from "./affected-records.ts";
import type { ParentIds } from "./relation-index.ts";
import type { Store } from "./store.ts";

/** Whether a verb may change what lists show of the written record, and of the affected records. */
const changesLists: Readonly<Record<Verb, { readonly own: boolean; readonly affected: boolean }>> = {
  create: { own: true, affected: false },
  update: { own: true, affected: false },
  archive: { own: true, affected: true },
  unarchive: { own: true, affected: true },
  block: { own: false, affected: false },
  unblock: { own: false, affected: false },
};

/**
 * Notes that a write ended at `at`: what it may have changed is no longer served from earlier readings. The write
 * invalidates the record that it names, and the records that its cascades lead to by the current relation indexes.
 * `cause`: what changes of these come from.
 */
export function invalidate(store: Store, write: CompletedWrite, at: number, cause?: WriteCause): void {
  const { kind, verb, id } = write;
  const { tables } = store;
  const affected = findAffected(store, write);
  const cached = id === undefined ? undefined : tables[kind].getOrCreate(id);
  if (cause) noteCause(cause, cached, affected, at);
  const isMoved = updateRelations(store, write, cached, at);
  const { own, affected: changesAffectedLists } = changesLists[verb];
  tables[kind].invalidate(at, new Set(cached && [cached]), own);
  if (own) tables[kind].invalidateList(at);
  for (const other of kinds.filter((candidate) => affected.has(candidate))) {
    const changesList = changesAffectedLists || listsStatus(other);
    tables[other].invalidate(
      at,
      affected.get(other) ?? new Set(),
      changesList,
      isMoved && follows(other, kind),
    );
    if (changesList) tables[other].invalidateList(at);
  }
}

function noteCause(
  cause: WriteCause,
  cached: CachedRecord | undefined,
  affected: ReturnType<typeof findAffected>,
  at: number,
): void {
  cause.endedAt = at;
  cause.key = cached?.key;
  const note = (record: CachedRecord) => record.recorder?.noteCause(record, cause);
  if (cached) note(cached);
  for (const records of affected.values()) if (records !== "all") for (const record of records) note(record);
}

/** Whether the list of a kind shows the status of its records, which writes to other records change. */
function listsStatus(kind: Kind): boolean {
  return kindDefinitions[kind].summaryFields.includes("status");
}

/** Whether records of a kind are moved along with the records of another: a room is where its unit is. */
function follows(kind: Kind, other: Kind): boolean {
  const { relations } = kindDefinitions[kind];
  return Object.values(relations).some(({ via }) => via !== undefined && relations[via]?.to.includes(other));
}

/** Notes what the written record now refers to. Returns whether it may have been moved, and other records with it. */
function updateRelations(
  { tables }: Store,
  { kind, verb, parents = {} }: CompletedWrite,
  cached: CachedRecord | undefined,
  at: number,
): boolean {
  const { relationIndex } = tables[kind];
  if (verb !== "create") {
    if (cached && Object.keys(parents).length > 0) relationIndex.setRelations(cached, parents, false, at);
    return cached?.relationsInvalidatedAt === at;
  }
  if (cached) {
    cached.markKindKnown(at);
    relationIndex.setRelations(cached, { ...impliedParents(kind, parents, tables), ...parents }, true, at);
  } else relationIndex.addUnknown(at);
  return false;
}

/** What a new record refers to in addition to its given parents: a room is in the building of its unit. */
function impliedParents(kind: Kind, parents: ParentIds, tables: Store["tables"]): ParentIds {
  const { relations } = kindDefinitions[kind];
  const implied: Record<string, number> = {};
  for (const [name, { via }] of Object.entries(relations)) {
    const parentId = via === undefined ? undefined : parents[via];
    if (via === undefined || parentId === undefined) continue;
    for (const parentKind of relations[via]?.to ?? []) {
      const parent = tables[parentKind].get(parentId);
      if (parent?.hasUnknownRelations !== false) continue;
      const id = tables[parentKind].relationIndex.parent(name, parent);
      if (id !== undefined) implied[name] = id;
    }
  }
  return implied;
}
