import { type CachedRecord, DETAIL } from "./cached-record.ts";
import { kinds, type Relation } from "./kind.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";

/**
 * Unlisted records that listed records refer to, directly or through other unlisted records. Alma may leave archived
 * records out of its lists, but still list ended contracts on them. Records of kinds without a known list are left out.
 */
export function findUnlisted(store: Store): ReadonlySet<CachedRecord> {
  const found = new Set<CachedRecord>();
  for (const kind of kinds) followRelations(store, store.tables[kind].listed, found);
  // The set grows while it is iterated.
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
 * The record to read for a rental object that no list names. While the kind of its id is unknown, that is the room; if
 * Alma has no such room, the unit; if it has neither, the record that was found gone first.
 */
export function findUnlistedObject(store: Store, id: number): CachedRecord {
  const known = store.findRentalObject(id);
  if (known) return known;
  const room = store.getOrCreate("room", id);
  if (!room.isGone(NEVER)) return room;
  const unit = store.getOrCreate("unit", id);
  return unit.isGone(NEVER) && unit.goneAt > room.goneAt ? room : unit;
}

/** When Alma last answered about a record: that it is gone, or with a detail that may be served; else NEVER. */
export function knownAt(cached: CachedRecord): number {
  return cached.isGone(NEVER) ? cached.goneAt : cached.asOf(DETAIL);
}
