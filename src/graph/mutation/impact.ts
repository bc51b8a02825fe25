import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import type { Effect } from "../../alma/index.ts";
import {
  type CachedRecord,
  cascadesOf,
  DETAIL,
  isArchived,
  type Kind,
  type KnownFields,
  NEVER,
  type RecordVersion,
} from "../../catalog/index.ts";
import { clientIdOf, createContractSearch } from "../letting/contract-search.ts";
import { partialDataError } from "../member/partial-data.ts";
import type { GraphContext } from "../resolver/context.ts";
import { RecordView } from "../resolver/record-view.ts";
import type { Impact } from "../write/mutation-result.ts";
import { describeIrreversible, describeUncertain, type StateVerb } from "./impact-wording.ts";

/**
 * Computes the effect on other records of archiving, unarchiving, blocking or unblocking a unit or room. Must run
 * before the write is sent, because Alma's answers do not report the effect (Alma: Apartments and Units, PATCH archive
 * and block). Reads the lists, the rental object and its rooms and contracts again, since archiving cannot be undone.
 * Expensive, so call it only if the impact is selected. Throws AlmaError.
 */
export async function computeImpact(
  context: GraphContext,
  rentalObject: CachedRecord,
  verb: StateVerb,
): Promise<Impact> {
  const cutoff = context.operation.startedAt;
  const view = context.viewOf<"unit" | "room">(rentalObject, cutoff);
  const search = createContractSearch(context, cutoff);
  // The kinds affected, by the declared cascades.
  const cascades = cascadesOf(rentalObject.kind, verb);
  const kindsThatGet = (effect: Effect): ReadonlySet<Kind> =>
    new Set(cascades.flatMap((cascade) => (cascade.effect === effect ? cascade.to : [])));
  const archived = kindsThatGet("archived");
  const contractKinds = CONTRACT_KINDS.filter((kind) => archived.has(kind));
  await Promise.all([
    view.ensureLevel(DETAIL),
    search.readLists([...(rentalObject.kind === "unit" ? (["room"] as const) : []), ...contractKinds]),
  ]);
  const { rooms, ids } = await search.findRooms(rentalObject);
  const contracts = await search.findLiveContracts(contractKinds, ids);
  const obstacles = verb === "block" ? await search.findLiveContracts(["tenantContract"], ids) : [];
  const clients = [...new Set(contracts.map(clientIdOf))].filter((id) => id !== undefined);
  const { withoutAny, withPlanned } = kindsThatGet("loses access").has("client")
    ? await search.findClientsWithoutOthers(clients, contracts)
    : { withoutAny: [], withPlanned: [] };
  const archivedParents = await readArchivedParents(context, view, kindsThatGet("unarchived"), cutoff);
  const { tables } = context.catalog.store;
  const hasKnownRooms = verb !== "unarchive" || (await listsArchived(context, rentalObject));
  const irreversible = describeIrreversible(rentalObject.kind as "unit" | "room", verb, {
    contracts: contracts.length,
    clients: withoutAny.length,
    ...archivedParents,
  });
  const asOf = context.toDate(search.asOf);
  return {
    asOf,
    unit: archivedParents.unit?.current ?? null,
    building: archivedParents.building?.current ?? null,
    rooms: hasKnownRooms
      ? rooms.filter((room) => isAffected(room, verb)).map(({ current }) => current)
      : null,
    contracts: contracts.map(({ current }) => current),
    obstacles: obstacles.map(({ current }) => current),
    clientsLosingAccess: withoutAny.map((id) => tables.client.getOrCreate(id).current),
    clientsPossiblyLosingAccess: withPlanned.map((id) => tables.client.getOrCreate(id).current),
    isReversible: irreversible.length === 0,
    irreversible,
    uncertain: describeUncertain(withPlanned.length, search.asOf < cutoff ? asOf : null),
    failedReads: search.failedReads,
  };
}

/** Converts an impact to the type `Impact`. Failed reads become errors at its path, in addition to the data. */
export function resolveImpact(impact: Impact, context: GraphContext, info: GraphQLResolveInfo) {
  const { unit, building, rooms, contracts, obstacles, failedReads, ...rest } = impact;
  if (failedReads.length > 0) {
    const error = partialDataError(failedReads, "whether they are affected is unknown");
    context.operation.partialDataErrors.push({ error, path: responsePathAsArray(info.path) });
  }
  // The versions are from before the write; a repetition with the same idempotency key does not read them again.
  const toView = (version: RecordVersion) => new RecordView(context, version, -Infinity);
  return {
    ...rest,
    unit: unit && toView(unit),
    building: building && toView(building),
    rooms: rooms?.map(toView) ?? null,
    contracts: contracts.map(toView),
    obstacles: obstacles.map(toView),
    clientsLosingAccess: rest.clientsLosingAccess.map(toView),
    clientsPossiblyLosingAccess: rest.clientsPossiblyLosingAccess.map(toView),
  };
}

/** The kinds of contracts, in reading order. */
const CONTRACT_KINDS = ["tenantContract", "ownerContract"] as const;

/** Returns whether a room changes with its unit. Blocking and unblocking change every room. */
function isAffected({ value }: CachedRecord, verb: StateVerb) {
  const { isArchived } = value;
  if (verb === "archive") return isArchived !== true;
  return verb !== "unarchive" || isArchived !== false;
}

/**
 * Determines whether Alma's lists contain archived records: an archived unit shows it, otherwise other records do. If
 * they don't, it is unknown which rooms are unarchived.
 */
async function listsArchived({ catalog, operation }: GraphContext, rentalObject: CachedRecord) {
  if (rentalObject.kind === "room") return true;
  await catalog.findMembers(operation, { kind: rentalObject.kind, needsDetails: false });
  const { unit, room } = catalog.store.tables;
  if (isArchived(rentalObject)) return rentalObject.isListed;
  return [...unit.listed, ...room.listed].some((other) => isArchived(other) && other.asOf(DETAIL) > NEVER);
}

/** Reads a room's unit and building if they are archived, and so are also unarchived. */
async function readArchivedParents(
  context: GraphContext,
  { value }: RecordView<"unit" | "room">,
  unarchivedKinds: ReadonlySet<Kind>,
  cutoff: number,
) {
  const readIfArchived = async (kind: "unit" | "building", id: number | undefined) => {
    if (id === undefined || !unarchivedKinds.has(kind)) return undefined;
    const view = context.viewOf<typeof kind>(context.catalog.store.getOrCreate(kind, id), cutoff);
    await view.ensureLevel(DETAIL);
    return view.value.isArchived === false ? undefined : view.record;
  };
  const { parentUnit, building } = value as KnownFields<"room">;
  const [archivedUnit, archivedBuilding] = await Promise.all([
    readIfArchived("unit", parentUnit?.id),
    readIfArchived("building", building?.id),
  ]);
  return { unit: archivedUnit, building: archivedBuilding };
}
