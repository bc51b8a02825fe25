import { AlmaError } from "../alma/index.ts";
import { DETAIL, type Entry, type Kind, type Known } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { clientOf, Search } from "./contract-search.ts";
import type { ContractKind } from "./contract-state.ts";
import type { Handle } from "./handle.ts";
import { irreversible } from "./irreversible.ts";

/** What can be done to a rental object's state. */
export type StateVerb = "archive" | "unarchive" | "block" | "unblock";

/** What such a change takes along, as the type `Impact` of the graph. */
export interface Impact {
  readonly asOf: Date | null;
  readonly unit: Handle<"unit"> | null;
  readonly building: Handle<"building"> | null;
  /** Null if Alma's lists leave out what is archived, so that nobody knows. */
  readonly rooms: readonly Handle<"room">[] | null;
  readonly contracts: readonly Handle<ContractKind>[];
  readonly obstacles: readonly Handle<"tenantContract">[];
  readonly clientsLosingAccess: readonly Handle<"client">[];
  readonly isReversible: boolean;
  readonly irreversible: readonly string[];
}

/**
 * Works out what archiving, unarchiving, blocking or unblocking a unit or a room changes beside it. Alma: Apartments
 * and Units, PATCH archive and block; its answers do not tell. To be asked before the write: it rests on the indexes,
 * of which it reads what is missing (with the catalog off, the lists and every detail of the kinds concerned), so
 * only if the caller asks for it. The handles keep the records as they were. `path` is the field's place in the
 * answer, for notes on records that could not be read. Throws AlmaError.
 */
export async function impactOf(
  context: GraphContext,
  object: Entry,
  verb: StateVerb,
  path: readonly (string | number)[],
): Promise<Impact> {
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
  noteGaps(context, search, path);
  const { tables } = context.catalog.store;
  const known = verb !== "unarchive" || (await listsArchived(context, object));
  const lost = irreversible(object.kind as "unit" | "room", verb, {
    contracts: contracts.length,
    clients: losing.length,
    ...above,
  });
  const handles = <K extends Kind>(entries: readonly Entry[]) =>
    entries.map((entry) => context.handle<K>(entry, context.work.reached));
  return {
    asOf: context.moment(search.asOf),
    unit: above.unit ?? null,
    building: above.building ?? null,
    rooms: known ? handles(moved) : null,
    contracts: handles(contracts),
    obstacles: handles(obstacles),
    clientsLosingAccess: handles(losing.map((id) => tables.client.entry(id))),
    isReversible: lost.length === 0,
    irreversible: lost,
  };
}

/** Whether a unit's room changes along with it. A block or its end holds for every room. */
function moves({ value }: Entry, verb: StateVerb): boolean {
  const { isArchived } = value as Known<"room">;
  if (verb === "archive") return isArchived !== true;
  return verb !== "unarchive" || isArchived !== false;
}

/** Whether Alma's lists name archived records, as far as this one shows: else nobody knows which rooms come back. */
async function listsArchived({ catalog, work }: GraphContext, object: Entry): Promise<boolean> {
  if (object.kind === "room") return true;
  await catalog.members(work, { kind: object.kind, byDetail: false });
  return object.listed || (object.value as Known<"unit">).isArchived === false;
}

interface Above {
  readonly unit?: Handle<"unit">;
  readonly building?: Handle<"building">;
}

/** A room's unit, and the building, if they are archived now, so that they come back too. */
async function archivedAbove(context: GraphContext, { value }: Handle<"unit" | "room">): Promise<Above> {
  const archived = async <K extends "unit" | "building">(kind: K, id: number | undefined) => {
    if (id === undefined) return undefined;
    const above = context.handle<K>(context.catalog.store.entry(kind, id), context.work.named);
    await above.ensure(DETAIL);
    return (above.value as Known<"unit" | "building">).isArchived === false ? undefined : above;
  };
  const { parentUnit, building } = value as Known<"room">;
  const [unit, house] = await Promise.all([
    archived("unit", parentUnit?.id),
    archived("building", building?.id),
  ]);
  return { ...(unit && { unit }), ...(house && { building: house }) };
}

/** Says beside the data which records might belong here too. */
function noteGaps({ work }: GraphContext, { unread }: Search, path: readonly (string | number)[]): void {
  const [first] = unread;
  if (!first) return;
  const message =
    `${unread.length} of the records that Alma lists could not be read (the first is ${first.entry.key}), so nobody ` +
    `knows whether they are touched too. ${first.error.message}`;
  work.notes.push({ error: new AlmaError(first.error.code, message), path });
}
