import type { Alma } from "../alma/index.ts";
import type { Entry } from "./entry.ts";
import { type Kind, kinds } from "./kind.ts";
import type { Parents } from "./placement.ts";
import type { Store } from "./store.ts";

/** What can be done to a record. */
export type Verb = "create" | "update" | "archive" | "unarchive" | "block" | "unblock";

/** A write that has ended. */
export interface Written {
  readonly kind: Kind;
  readonly verb: Verb;
  /** The record; of a create that answered none, undefined. */
  readonly id?: number;
  /** Records that it refers to from now on: of a unit `building`, of a contract `rentalObject` and `client`. */
  readonly parents?: Parents;
}

/** Records by kind; "all" where it is not known which. */
type Circle = Map<Kind, Set<Entry> | "all">;

/** Verbs after which the list of each touched kind may show other records, or other fields. */
const MOVES: readonly Verb[] = ["archive", "unarchive"];
/** Verbs that change nothing that a list shows of the record itself. */
const BESIDE_LIST: readonly Verb[] = ["block", "unblock"];
/** Kinds whose list shows their status, which writes to other records change. */
const LISTED_STATUS: readonly Kind[] = ["client"];
/** Kinds whose records are moved along when the record above them is: a room is where its unit is. */
const MOVED_ALONG: Partial<Record<Kind, readonly Kind[]>> = { unit: ["room"] };

/**
 * Notes that a write ended at `at`: nothing that it may have changed is served any more from readings before that.
 * It touches the record that it names, and of the kinds that are declared beside its path (`touches`) those records
 * that the indexes put around it now. Gives the kinds that it touches.
 */
export function touch(store: Store, alma: Alma, written: Written, at: number): readonly Kind[] {
  const { kind, verb, id } = written;
  const resource = alma[kind];
  const touches: Partial<Record<Verb, readonly string[]>> = resource.touches;
  const circle = circleOf(store, written);

  const own = store.tables[kind];
  const entry = id === undefined ? undefined : own.entry(id);
  const moved = refer(store, written, entry, at);
  const inOwnList = !BESIDE_LIST.includes(verb);
  own.touch(at, new Set(entry && [entry]), inOwnList);
  if (inOwnList) own.touchList(at);
  const others = kinds.filter((other) => touches[verb]?.includes(other));
  for (const other of others) {
    const inList = MOVES.includes(verb) || LISTED_STATUS.includes(other);
    const along = moved && MOVED_ALONG[kind]?.includes(other);
    store.tables[other].touch(at, circle.get(other) ?? new Set(), inList, along);
    if (inList) store.tables[other].touchList(at);
  }
  return [kind, ...others];
}

/** Notes what the written record refers to from now on. Gives whether it may have been moved, and others with it. */
function refer(
  { tables }: Store,
  { kind, verb, parents = {} }: Written,
  entry: Entry | undefined,
  at: number,
): boolean {
  const own = tables[kind];
  if (verb !== "create") {
    if (entry && Object.keys(parents).length > 0) own.placement.refer(entry, parents, false, at);
    return entry?.movedAt === at;
  }
  if (entry) {
    entry.ofKindAt = at;
    own.placement.refer(entry, { ...impliedBy(parents, tables), ...parents }, true, at);
  } else own.placement.stray(at);
  return false;
}

/** What a new record refers to without being told: a room is in the building of its unit. */
function impliedBy({ parentUnit }: Parents, { unit }: Store["tables"]): Parents {
  const above = parentUnit === undefined ? undefined : unit.peek(parentUnit);
  const building = above?.unplaced === false ? unit.placement.parent("building", above) : undefined;
  return building === undefined ? {} : { building };
}

/** The records around the written one: above it (before and after the write), and below. */
function circleOf(store: Store, { kind, verb, id, parents = {} }: Written): Circle {
  const circle: Circle = new Map();
  const { tables } = store;
  const entry = id === undefined ? undefined : tables[kind].entry(id);
  const add = (other: Kind, ids: readonly (number | null | undefined)[]) => {
    const found = circle.get(other) ?? new Set<Entry>();
    if (found === "all") return;
    for (const one of ids) {
      const near = one == null ? undefined : tables[other].peek(one);
      if (near) found.add(near);
    }
    circle.set(other, found);
  };

  for (const link of Object.keys(tables[kind].facts.links)) {
    const ids = [parents[link], tables[kind].placement.parent(link, entry)];
    const unknown = verb !== "create" && (entry === undefined || entry.unplaced);
    for (const above of ABOVE[link] ?? []) {
      if (unknown) circle.set(above, "all");
      else if (link !== "rentalObject") add(above, ids);
    }
    if (link === "rentalObject" && !unknown)
      for (const one of ids) if (one != null) addObject(store, one, circle, add);
  }
  if (id !== undefined) addBelow(store, kind, id, circle, add);
  return circle;
}

/** The kinds that a reference may lead to. */
export const ABOVE: Readonly<Record<string, readonly Kind[]>> = {
  building: ["building"],
  parentUnit: ["unit"],
  client: ["client"],
  rentalObject: ["unit", "room"],
};

type Add = (kind: Kind, ids: readonly (number | null | undefined)[]) => void;

/**
 * A contract's object; letting a room says something of its unit, letting a unit something of its rooms. A room that
 * was never read, as one that lists leave out, may be of any unit.
 */
function addObject({ tables }: Store, id: number, circle: Circle, add: Add): void {
  if (!isPlaced(tables, id)) circle.set("unit", "all");
  add("unit", [id, tables.room.placement.parent("parentUnit", tables.room.peek(id))]);
  add("room", [id, ...tables.room.placement.around("parentUnit", [id]).map((room) => room.id)]);
}

/**
 * Units and rooms of a building; rooms of a unit; their contracts, and the clients of those. A contract on a room of
 * which nobody knows the unit may be on one of this unit's.
 */
function addBelow({ tables }: Store, kind: Kind, id: number, circle: Circle, add: Add): void {
  const idsOf = (entries: readonly Entry[]) => entries.map((each) => each.id);
  if (kind === "building") {
    add("unit", idsOf(tables.unit.placement.around("building", [id])));
    add("room", idsOf(tables.room.placement.around("building", [id])));
  }
  if (kind !== "unit" && kind !== "room") return;
  const rooms = kind === "unit" ? idsOf(tables.room.placement.around("parentUnit", [id])) : [];
  add("room", rooms);
  const objects = new Set([id, ...rooms]);
  for (const contract of ["ownerContract", "tenantContract"] as const) {
    const table = tables[contract];
    const isBelow = (entry: Entry) => {
      const object = table.placement.parent("rentalObject", entry);
      return object !== undefined && (objects.has(object) || (kind === "unit" && !isPlaced(tables, object)));
    };
    const contracts = [...table.remembered].filter(isBelow);
    add(contract, idsOf(contracts));
    add(
      "client",
      contracts.map((entry) => table.placement.parent("client", entry)),
    );
    // Whose contracts the others are is not known.
    if (!table.placed) circle.set("client", "all");
  }
}

/** Whether it is known of a rental object that it is a unit, or of which unit it is a room. */
function isPlaced({ unit, room }: Store["tables"], id: number): boolean {
  return unit.peek(id)?.seen || room.peek(id)?.unplaced === false;
}
