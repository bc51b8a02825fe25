import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { DETAIL, type Entry, isArchived, type Known, NEVER } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { clientOf, Search } from "./contract-search.ts";
import { gap, type Unread } from "./gap.ts";
import { Handle, type Version, versionOf } from "./handle.ts";
import { irreversible } from "./irreversible.ts";

/** What can be done to a rental object's state. */
export type StateVerb = "archive" | "unarchive" | "block" | "unblock";

/** What such a change takes along: the records as they were before it, and those that could not be read. */
export interface Impact {
  readonly asOf: Date | null;
  readonly unit: Version | null;
  readonly building: Version | null;
  /** Null if Alma's lists leave out what is archived, so that nobody knows. */
  readonly rooms: readonly Version[] | null;
  readonly contracts: readonly Version[];
  readonly obstacles: readonly Version[];
  readonly clientsLosingAccess: readonly Version[];
  readonly isReversible: boolean;
  readonly irreversible: readonly string[];
  readonly unread: Unread;
}

/**
 * Works out what archiving, unarchiving, blocking or unblocking a unit or a room changes beside it. Alma: Apartments
 * and Units, PATCH archive and block; its answers do not tell. To be asked before the write: it rests on the indexes,
 * of which it reads what is missing (with the catalog off, the lists and every detail of the kinds concerned), so
 * only if the caller asks for it. Throws AlmaError.
 */
export async function impactOf(context: GraphContext, object: Entry, verb: StateVerb): Promise<Impact> {
  const handle = context.handle<"unit" | "room">(object, context.work.named);
  await handle.ensure(DETAIL);
  const search = new Search(context);
  const { rooms, ids } = await search.withRooms(object);
  const moved = rooms.filter((room) => moves(room, verb));
  const contracts = verb === "archive" ? await search.live(["tenantContract", "ownerContract"], ids) : [];
  const obstacles = verb === "block" ? await search.live(["tenantContract"], ids) : [];
  const clients = [...new Set(contracts.map(clientOf))].filter((id) => id !== undefined);
  const losing = await search.withoutOthers(clients, contracts);
  const above = verb === "unarchive" ? await archivedAbove(context, handle) : {};
  const { tables } = context.catalog.store;
  const known = verb !== "unarchive" || (await listsArchived(context, object));
  const lost = irreversible(object.kind as "unit" | "room", verb, {
    contracts: contracts.length,
    clients: losing.length,
    ...above,
  });
  return {
    asOf: context.moment(search.asOf),
    unit: above.unit ? versionOf(above.unit) : null,
    building: above.building ? versionOf(above.building) : null,
    rooms: known ? moved.map(versionOf) : null,
    contracts: contracts.map(versionOf),
    obstacles: obstacles.map(versionOf),
    clientsLosingAccess: losing.map((id) => versionOf(tables.client.entry(id))),
    isReversible: lost.length === 0,
    irreversible: lost,
    unread: search.unread,
  };
}

/**
 * An impact as the type `Impact` of the graph, in the answer of any operation. What it could not see is told beside the
 * data, at the field's place.
 */
export function showImpact(impact: Impact, context: GraphContext, info: GraphQLResolveInfo) {
  const { unit, building, rooms, contracts, obstacles, clientsLosingAccess, unread, ...rest } = impact;
  noteUnread(context, unread, info);
  // As the records were: a repetition of the write does not read them again, however old they are by then.
  const handle = (version: Version) => new Handle(context, version.entry, Number.NEGATIVE_INFINITY, version);
  return {
    ...rest,
    unit: unit && handle(unit),
    building: building && handle(building),
    rooms: rooms?.map(handle) ?? null,
    contracts: contracts.map(handle),
    obstacles: obstacles.map(handle),
    clientsLosingAccess: clientsLosingAccess.map(handle),
  };
}

/** Whether a unit's room changes along with it. A block or its end holds for every room. */
function moves({ value }: Entry, verb: StateVerb): boolean {
  const { isArchived } = value as Known<"room">;
  if (verb === "archive") return isArchived !== true;
  return verb !== "unarchive" || isArchived !== false;
}

/**
 * Whether Alma's lists name archived records, as the unit or, if it is none of them, the others show: else nobody knows
 * which rooms come back.
 */
async function listsArchived({ catalog, work }: GraphContext, object: Entry): Promise<boolean> {
  if (object.kind === "room") return true;
  await catalog.members(work, { kind: object.kind, byDetail: false });
  const { unit, room } = catalog.store.tables;
  if (isArchived(object)) return object.listed;
  return [...unit.listed, ...room.listed].some((other) => isArchived(other) && other.at(DETAIL) > NEVER);
}

interface Above {
  readonly unit?: Entry;
  readonly building?: Entry;
}

/** A room's unit, and the building, if they are archived now, so that they come back too. */
async function archivedAbove(context: GraphContext, { value }: Handle<"unit" | "room">): Promise<Above> {
  const archived = async (kind: "unit" | "building", id: number | undefined) => {
    if (id === undefined) return undefined;
    const above = context.handle<typeof kind>(context.catalog.store.entry(kind, id), context.work.named);
    await above.ensure(DETAIL);
    return above.value.isArchived === false ? undefined : above.entry;
  };
  const { parentUnit, building } = value as Known<"room">;
  const [unit, house] = await Promise.all([
    archived("unit", parentUnit?.id),
    archived("building", building?.id),
  ]);
  return { ...(unit && { unit }), ...(house && { building: house }) };
}

/** Says which records might belong here too. */
function noteUnread({ work }: GraphContext, unread: Unread, info: GraphQLResolveInfo): void {
  if (unread.length === 0) return;
  const error = gap(unread, "nobody knows whether they are touched too");
  work.notes.push({ error, path: responsePathAsArray(info.path) });
}
