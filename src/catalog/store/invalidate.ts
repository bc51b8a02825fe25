import type { Alma } from "../../alma/index.ts";
import type { CachedRecord } from "./cached-record.ts";
import { type Kind, kinds } from "./kind.ts";
import type { ParentIds } from "./relation-index.ts";
import type { Store } from "./store.ts";

/** What can be done to a record. */
export type Verb = "create" | "update" | "archive" | "unarchive" | "block" | "unblock";

/** A write that has ended. */
export interface CompletedWrite {
  readonly kind: Kind;
  readonly verb: Verb;
  /** The record; of a create that answered none, undefined. */
  readonly id?: number;
  /** Records that it refers to from now on: of a unit `building`, of a contract `rentalObject` and `client`. */
  readonly parents?: ParentIds;
}

/** Records by kind; "all" where it is not known which. */
type AffectedRecords = Map<Kind, Set<CachedRecord> | "all">;

/** Verbs after which the list of each touched kind may show other records, or other fields. */
const LIST_CHANGING_VERBS: readonly Verb[] = ["archive", "unarchive"];
/** Verbs that change nothing that a list shows of the record itself. */
const DETAIL_ONLY_VERBS: readonly Verb[] = ["block", "unblock"];
/** Kinds whose list shows their status, which writes to other records change. */
const KINDS_LISTING_STATUS: readonly Kind[] = ["client"];
/** Kinds whose records are moved along when the record above them is: a room is where its unit is. */
const RELATION_CASCADES: Partial<Record<Kind, readonly Kind[]>> = { unit: ["room"] };

/**
 * Notes that a write ended at `at`: nothing that it may have changed is served any more from readings before that.
 * It touches the record that it names, and of the kinds that are declared beside its path (`touches`) those records
 * that the indexes put around it now.
 */
export function invalidate(store: Store, alma: Alma, write: CompletedWrite, at: number): void {
  const { kind, verb, id } = write;
  const resource = alma[kind];
  const cascades: Partial<Record<Verb, readonly string[]>> = resource.affects;
  const affected = findAffected(store, write);

  const ownTable = store.tables[kind];
  const cached = id === undefined ? undefined : ownTable.getOrCreate(id);
  const relationsChanged = updateRelations(store, write, cached, at);
  const changesOwnList = !DETAIL_ONLY_VERBS.includes(verb);
  ownTable.invalidate(at, new Set(cached && [cached]), changesOwnList);
  if (changesOwnList) ownTable.invalidateList(at);
  const cascadedKinds = kinds.filter((other) => cascades[verb]?.includes(other));
  for (const other of cascadedKinds) {
    const changesList = LIST_CHANGING_VERBS.includes(verb) || KINDS_LISTING_STATUS.includes(other);
    const changesRelations = relationsChanged && RELATION_CASCADES[kind]?.includes(other);
    store.tables[other].invalidate(at, affected.get(other) ?? new Set(), changesList, changesRelations);
    if (changesList) store.tables[other].invalidateList(at);
  }
}

/** Notes what the written record refers to from now on. Gives whether it may have been moved, and others with it. */
function updateRelations(
  { tables }: Store,
  { kind, verb, parents = {} }: CompletedWrite,
  cached: CachedRecord | undefined,
  at: number,
): boolean {
  const ownTable = tables[kind];
  if (verb !== "create") {
    if (cached && Object.keys(parents).length > 0)
      ownTable.relationIndex.setRelations(cached, parents, false, at);
    return cached?.relationsInvalidatedAt === at;
  }
  if (cached) {
    cached.kindKnownAt = at;
    ownTable.relationIndex.setRelations(cached, { ...impliedParents(parents, tables), ...parents }, true, at);
  } else ownTable.relationIndex.addUnknown(at);
  return false;
}

/** What a new record refers to without being told: a room is in the building of its unit. */
function impliedParents({ parentUnit }: ParentIds, { unit }: Store["tables"]): ParentIds {
  const parentUnitRecord = parentUnit === undefined ? undefined : unit.get(parentUnit);
  const building =
    parentUnitRecord?.hasUnknownRelations === false
      ? unit.relationIndex.parent("building", parentUnitRecord)
      : undefined;
  return building === undefined ? {} : { building };
}

/** The records around the written one: above it (before and after the write), and below. */
function findAffected(store: Store, { kind, verb, id, parents = {} }: CompletedWrite): AffectedRecords {
  const affected: AffectedRecords = new Map();
  const { tables } = store;
  const cached = id === undefined ? undefined : tables[kind].getOrCreate(id);
  const add = (other: Kind, ids: readonly (number | null | undefined)[]) => {
    const records = affected.get(other) ?? new Set<CachedRecord>();
    if (records === "all") return;
    for (const otherId of ids) {
      const affectedRecord = otherId == null ? undefined : tables[other].get(otherId);
      if (affectedRecord) records.add(affectedRecord);
    }
    affected.set(other, records);
  };

  for (const relation of Object.keys(tables[kind].definition.relations)) {
    const ids = [parents[relation], tables[kind].relationIndex.parent(relation, cached)];
    const isUnknown = verb !== "create" && (cached === undefined || cached.hasUnknownRelations);
    for (const parentKind of PARENT_KINDS[relation] ?? []) {
      if (isUnknown) affected.set(parentKind, "all");
      else if (relation !== "rentalObject") add(parentKind, ids);
    }
    if (relation === "rentalObject" && !isUnknown)
      for (const objectId of ids) if (objectId != null) addRentalObject(store, objectId, affected, add);
  }
  if (id !== undefined) addChildren(store, kind, id, affected, add);
  return affected;
}

/** The kinds that a reference may lead to. */
export const PARENT_KINDS: Readonly<Record<string, readonly Kind[]>> = {
  building: ["building"],
  parentUnit: ["unit"],
  client: ["client"],
  rentalObject: ["unit", "room"],
};

type AddAffected = (kind: Kind, ids: readonly (number | null | undefined)[]) => void;

/**
 * A contract's object; letting a room says something of its unit, letting a unit something of its rooms. A room that
 * was never read, as one that lists leave out, may be of any unit.
 */
function addRentalObject({ tables }: Store, id: number, affected: AffectedRecords, add: AddAffected): void {
  if (!isUnitKnown(tables, id)) affected.set("unit", "all");
  add("unit", [id, tables.room.relationIndex.parent("parentUnit", tables.room.get(id))]);
  add("room", [id, ...tables.room.relationIndex.referrers("parentUnit", [id]).map((room) => room.id)]);
}

/**
 * Units and rooms of a building; rooms of a unit; their contracts, and the clients of those. A contract on a room of
 * which nobody knows the unit may be on one of this unit's.
 */
function addChildren(
  { tables }: Store,
  kind: Kind,
  id: number,
  affected: AffectedRecords,
  add: AddAffected,
): void {
  const idsOf = (records: readonly CachedRecord[]) => records.map((record) => record.id);
  if (kind === "building") {
    add("unit", idsOf(tables.unit.relationIndex.referrers("building", [id])));
    add("room", idsOf(tables.room.relationIndex.referrers("building", [id])));
  }
  if (kind !== "unit" && kind !== "room") return;
  const rooms = kind === "unit" ? idsOf(tables.room.relationIndex.referrers("parentUnit", [id])) : [];
  add("room", rooms);
  const objects = new Set([id, ...rooms]);
  for (const contractKind of ["ownerContract", "tenantContract"] as const) {
    const table = tables[contractKind];
    const isOfObject = (cached: CachedRecord) => {
      const objectId = table.relationIndex.parent("rentalObject", cached);
      return (
        objectId !== undefined &&
        (objects.has(objectId) || (kind === "unit" && !isUnitKnown(tables, objectId)))
      );
    };
    const contracts = [...table.records].filter(isOfObject);
    add(contractKind, idsOf(contracts));
    add(
      "client",
      contracts.map((cached) => table.relationIndex.parent("client", cached)),
    );
    // Whose contracts the others are is not known.
    if (!table.relationsKnown) affected.set("client", "all");
  }
}

/** Whether it is known of a rental object that it is a unit, or of which unit it is a room. */
function isUnitKnown({ unit, room }: Store["tables"], id: number): boolean {
  return unit.get(id)?.hasBeenSeen || room.get(id)?.hasUnknownRelations === false;
}
