import { type CachedRecord, DETAIL } from "./cached-record.ts";
import { kinds, type Relation } from "./kind.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";

/**
 * What listed records refer to and no list names, and what that refers to in turn: Alma may leave archived records out
 * of its lists, and what has ended on them is listed all the same. Without those of kinds whose list is not known.
 */
export function findUnlisted(store: Store): ReadonlySet<CachedRecord> {
  const found = new Set<CachedRecord>();
  for (const kind of kinds) followRelations(store, store.tables[kind].listed, found);
  // It grows while it is gone through.
  followRelations(store, found, found);
  return found;
}

function followRelations(store: Store, records: Iterable<CachedRecord>, found: Set<CachedRecord>): void {
  for (const { kind, value } of records) {
    for (const relation of Object.values(store.tables[kind].definition.relations)) {
      const id = relation.idOf(value);
      const cached = id == null ? undefined : findTarget(store, relation, id);
      if (cached && !cached.isListed) found.add(cached);
    }
  }
}

function findTarget(store: Store, { to }: Relation, id: number): CachedRecord | undefined {
  const [kind, ...others] = to;
  if ([kind, ...others].some((one) => store.tables[one].listAt === NEVER)) return undefined;
  return others.length > 0 ? findUnlistedObject(store, id) : store.getOrCreate(kind, id);
}

/**
 * The record to read in order to know a rental object that no list names: while nobody knows whether its id is a
 * room's or a unit's, the room and, if Alma has none, the unit; if it has neither, the one that it said so of first.
 */
export function findUnlistedObject(store: Store, id: number): CachedRecord {
  const known = store.findRentalObject(id);
  if (known) return known;
  const room = store.getOrCreate("room", id);
  if (!room.isGone(NEVER)) return room;
  const unit = store.getOrCreate("unit", id);
  return unit.isGone(NEVER) && unit.goneAt > room.goneAt ? room : unit;
}

/** The time as of which a record is known in full, or known not to be; NEVER if it is neither. */
export function knownAt(cached: CachedRecord): number {
  return cached.isGone(NEVER) ? cached.goneAt : cached.asOf(DETAIL);
}
