import { type Cascades, declarations, type Effect, type Verb } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kindDefinitions, kinds, type Relation } from "../record/kind.ts";
import type { WriteCause } from "../record/logged-change.ts";
import type { ParentIds } from "./relation-index.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";

/** Whether a write may change list fields of the written record and of affected records, by verb. */
const changesLists: Readonly<Record<Verb, { readonly own: boolean; readonly affected: boolean }>> = {
  create: { own: true, affected: false },
  update: { own: true, affected: false },
  archive: { own: true, affected: true },
  unarchive: { own: true, affected: true },
  block: { own: false, affected: false },
  unblock: { own: false, affected: false },
};

/**
 * Records that a write ended at `at`: values that it may have changed are no longer served from earlier readings.
 * Invalidates the written record, and the records its cascades reach by the current relation indexes. `cause`: the
 * cause of their changes.
 */
export function invalidate(store: Store, write: WriteEffects, at: number, cause?: WriteCause): void {
  const { kind, verb, id } = write;
  const { tables } = store;
  const affected = findAffected(store, write);
  const cached = id === undefined ? undefined : tables[kind].getOrCreate(id);
  if (cause) noteCause(cause, cached, affected, at);
  const isMoved = updateRelations(store, write, cached, at);
  const { own, affected: changesAffectedLists } = changesLists[verb];
  tables[kind].invalidate(at, new Set(cached && [cached]), own);
  if (own) tables[kind].invalidateList(at);
  for (const [other, records] of affected) {
    const changesList = changesAffectedLists || listsStatus(other);
    tables[other].invalidate(at, records, changesList, isMoved && follows(other, kind));
    if (changesList) tables[other].invalidateList(at);
  }
}

/** Records that unknown writes, which have ended by `at`, may have changed anything. */
export function invalidateAll({ tables }: Store, at: number): void {
  for (const kind of kinds) {
    const table = tables[kind];
    table.relationIndex.addUnknown(at);
    table.invalidate(at, "all", true, true);
    table.invalidateList(at);
  }
}

function noteCause(
  cause: WriteCause,
  cached: CachedRecord | undefined,
  affected: ReturnType<typeof findAffected>,
  at: number,
) {
  cause.endedAt = at;
  cause.key = cached?.key ?? cause.key;
  const note = (record: CachedRecord) => record.recorder?.noteCause(record, cause);
  if (cached) note(cached);
  for (const records of affected.values()) if (records !== "all") for (const record of records) note(record);
}

/** Returns whether the list of a kind shows statuses, which writes to other records change. */
function listsStatus(kind: Kind) {
  return kindDefinitions[kind].summaryFields.includes("status");
}

/** Returns whether records of one kind move with those of another: a room is where its unit is. */
function follows(kind: Kind, other: Kind) {
  const { relations } = kindDefinitions[kind];
  return Object.values(relations).some(({ via }) => via !== undefined && relations[via]?.to.includes(other));
}

/** Updates the references of the written record. Returns whether it, and others with it, may have moved. */
function updateRelations(
  { tables }: Store,
  { kind, verb, parents = {} }: WriteEffects,
  cached: CachedRecord | undefined,
  at: number,
) {
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

/** Returns the implied references of a new record: a room is in the building of its unit. */
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

/** An effect of a write on other records: the relations that lead to them, their kinds, and the effect. */
interface Cascade {
  /** Names of relations and inverses, followed in order from the written record. */
  readonly steps: readonly string[];
  /** The kinds at the end of the path. */
  readonly to: readonly Kind[];
  readonly effect: Effect;
}

/**
 * The declared effects (`alma/`) on other records of each write to each kind. Invalidation follows these paths; the
 * impact of a mutation shows which kinds are archived, unarchived or lose access.
 */
const cascadesByKind = byKind(compileCascades);

/** Returns the effects of a write on other records. Empty for a verb that the kind lacks. */
export function cascadesOf(kind: Kind, verb: Verb): readonly Cascade[] {
  return cascadesByKind[kind].get(verb) ?? [];
}

function compileCascades(kind: Kind): ReadonlyMap<string, readonly Cascade[]> {
  const writes: Readonly<Record<string, Cascades>> = declarations[kind].writes;
  return new Map(
    Object.entries(writes).map(([verb, cascades]) => [
      verb,
      Object.entries(cascades).map(([path, effect]) => compileCascade(kind, verb, path, effect)),
    ]),
  );
}

/** Compiles a cascade. Throws for a step that is not a relation, since its effect would never be applied. */
function compileCascade(kind: Kind, verb: string, path: string, effect: Effect): Cascade {
  const steps = path.split(".");
  let reached: readonly Kind[] = [kind];
  for (const step of steps) {
    const next = new Set(reached.flatMap((from) => targetsOf(from, step)));
    if (next.size === 0) {
      const names = reached.flatMap((from) => relationNames(from));
      throw new Error(
        `The declaration of ${kind} says that ${verb} affects "${path}", but no relation "${step}" leads on from ` +
          `${reached.join(" or ")}. It has ${names.join(", ") || "none"}. Correct the path, or declare the relation.`,
      );
    }
    reached = kinds.filter((candidate) => next.has(candidate));
  }
  return { steps, to: reached, effect };
}

function targetsOf(kind: Kind, step: string): readonly Kind[] {
  const { relations, inverses } = kindDefinitions[kind];
  const inverse = inverses[step];
  return relations[step]?.to ?? (inverse ? [inverse.kind] : []);
}

function relationNames(kind: Kind): readonly string[] {
  const { relations, inverses } = kindDefinitions[kind];
  return [...Object.keys(relations), ...Object.keys(inverses)];
}

/** What a write changes itself; the declared cascades lead from there to what it affects elsewhere. */
export interface WriteEffects {
  readonly kind: Kind;
  readonly verb: Verb;
  /** The id of the written record; undefined after a create whose response had none. */
  readonly id?: number;
  /** Its references after the write, by relation. */
  readonly parents?: ParentIds;
}

/** Records by kind; "all" if it is unknown which records of the kind are affected. */
type AffectedRecords = ReadonlyMap<Kind, ReadonlySet<CachedRecord> | "all">;

/** The ids of records of one kind; "all" if any record of the kind may be among them. */
type Ids = readonly number[] | "all";

/** The records that a path of relations leads to. */
type Reached = Map<Kind, Ids>;

function reach(reached: Reached, kind: Kind, ids: Ids) {
  const known = reached.get(kind) ?? [];
  reached.set(kind, known === "all" || ids === "all" ? "all" : [...new Set([...known, ...ids])]);
}

/**
 * Finds the other records that a write affects: those at the ends of its declared paths, by the current relation
 * indexes. A kind at the end of a path is included even if its set is empty.
 */
function findAffected(store: Store, write: WriteEffects): AffectedRecords {
  const { tables } = store;
  store.settle();
  const affected: Reached = new Map();
  for (const { steps, to } of cascadesOf(write.kind, write.verb)) {
    const reached = walk(tables, write, steps);
    for (const kind of to) reach(affected, kind, reached.get(kind) ?? []);
  }
  const recordsOf = (kind: Kind, ids: Ids) =>
    ids === "all" ? ids : new Set(ids.flatMap((id) => tables[kind].get(id) ?? []));
  return new Map([...affected].map(([kind, ids]) => [kind, recordsOf(kind, ids)]));
}

/** Follows a path of relations from a written record. */
function walk(tables: Store["tables"], write: WriteEffects, steps: Cascade["steps"]): Reached {
  let reached: Reached = new Map([[write.kind, write.id === undefined ? [] : [write.id]]]);
  for (const [index, step] of steps.entries()) {
    const next: Reached = new Map();
    for (const [kind, ids] of reached) {
      const relation = kindDefinitions[kind].relations[step];
      const inverse = kindDefinitions[kind].inverses[step];
      if (relation) {
        const isWritten = index === 0;
        const parents = isWritten ? writtenParents(tables, write, step) : parentsOf(tables[kind], ids, step);
        reachParents(tables, next, relation, parents);
      } else if (inverse) reach(next, inverse.kind, referrersOf(tables[inverse.kind], ids, inverse.relation));
    }
    reached = next;
  }
  return reached;
}

/** Returns the ids that the written record refers to by a relation, as before and as after the write. */
function writtenParents(
  tables: Store["tables"],
  { kind, verb, id, parents = {} }: WriteEffects,
  relation: string,
): Ids {
  const cached = id === undefined ? undefined : tables[kind].getOrCreate(id);
  if (verb !== "create" && cached?.hasUnknownRelations !== false) return "all";
  return [parents[relation] ?? [], tables[kind].relationIndex.parent(relation, cached) ?? []].flat();
}

/** Returns the ids that other records refer to by a relation. A record never read may refer to any record. */
function parentsOf(table: Table, ids: Ids, relation: string): Ids {
  if (ids === "all") return ids;
  const records = ids.map((id) => table.get(id));
  if (records.some((cached) => cached?.hasUnknownRelations !== false)) return "all";
  return records.flatMap((cached) => table.relationIndex.parent(relation, cached) ?? []);
}

/** Adds what records refer to. If the kind of an id is known, it is added only to that kind. */
function reachParents(tables: Store["tables"], reached: Reached, { to }: Relation, ids: Ids) {
  for (const kind of to) {
    const isOther = (id: number) => to.some((other) => other !== kind && tables[other].get(id)?.hasBeenSeen);
    reach(reached, kind, ids === "all" ? ids : ids.filter((id) => !isOther(id)));
  }
}

/** Returns the ids of records that refer to others. A record whose relations are unknown may refer to any record. */
function referrersOf({ relationIndex, isCovered }: Table, ids: Ids, relation: string): Ids {
  if (ids === "all" || !isCovered) return "all";
  return [...relationIndex.referrers(relation, ids), ...relationIndex.unknown].map(({ id }) => id);
}
