import { DETAIL, type Entry } from "./entry.ts";
import { kinds } from "./kind.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";
import { ABOVE } from "./touch.ts";

/**
 * What listed records refer to and no list names, and what that refers to in turn: Alma may leave archived records out
 * of its lists, and what has ended on them is listed all the same. Without those of kinds whose list is not known.
 */
export function unlisted(store: Store): ReadonlySet<Entry> {
  const found = new Set<Entry>();
  for (const kind of kinds) follow(store, store.tables[kind].listed, found);
  // It grows while it is gone through.
  follow(store, found, found);
  return found;
}

function follow(store: Store, from: Iterable<Entry>, found: Set<Entry>): void {
  for (const { kind, value } of from) {
    const { links } = store.tables[kind].facts;
    for (const link in links) {
      const id = links[link]?.(value);
      const entry = id == null ? undefined : target(store, link, id);
      if (entry && !entry.listed) found.add(entry);
    }
  }
}

function target(store: Store, link: string, id: number): Entry | undefined {
  const [kind, ...others] = ABOVE[link] ?? [];
  if (!kind || [kind, ...others].some((one) => store.tables[one].listAt === NEVER)) return undefined;
  return others.length > 0 ? unlistedObject(store, id) : store.entry(kind, id);
}

/**
 * The record to read in order to know a rental object that no list names: while nobody knows whether its id is a
 * room's or a unit's, the room and, if Alma has none, the unit; if it has neither, the one that it said so of first.
 */
export function unlistedObject(store: Store, id: number): Entry {
  const known = store.rentalObject(id);
  if (known) return known;
  const room = store.entry("room", id);
  if (!room.gone(NEVER)) return room;
  const unit = store.entry("unit", id);
  return unit.gone(NEVER) && unit.goneAt > room.goneAt ? room : unit;
}

/** The time as of which a record is known in full, or known not to be; NEVER if it is neither. */
export function knownAt(entry: Entry): number {
  return entry.gone(NEVER) ? entry.goneAt : entry.at(DETAIL);
}
