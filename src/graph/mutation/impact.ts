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

interface SideEffects {
  /** The number of contracts that are also archived. */
  readonly contracts: number;
  /** The number of clients that lose access to Alma's app. */
  readonly clients: number;
  /** The unit and building that are also unarchived, if any. */
  readonly unit?: unknown;
  readonly building?: unknown;
}

/**
 * Describes the effects that the opposite write does not undo, one sentence each (Alma: Apartments and Units, archive
 * and block). Contracts are never unarchived. Unarchiving also affects unit and building, which archiving does not.
 * Unblocking also removes blocks from rooms that blocking did not create.
 */
function describeIrreversible(
  kind: "unit" | "room",
  verb: "archive" | "unarchive" | "block" | "unblock",
  { contracts, clients, unit, building }: SideEffects,
) {
  const sentences: string[] = [];
  if (contracts > 0) {
    const subject = contracts === 1 ? "One contract is" : `${contracts} contracts are`;
    sentences.push(`${subject} archived permanently: unarchiving the ${kind} does not bring contracts back.`);
  }
  if (clients > 0) {
    const subject = clients === 1 ? "One client loses" : `${clients} clients lose`;
    sentences.push(`${subject} access to Alma's app, until a new contract is made and has begun.`);
  }
  if (unit !== undefined) {
    sentences.push(
      "The room's unit comes back with it, and archiving the room again does not archive the unit.",
    );
  }
  if (building !== undefined) {
    sentences.push("The building comes back too, and Alma's API has no call to archive a building again.");
  }
  if (verb === "unblock") {
    sentences.push(
      "The blocks removed do not come back as they were: blocking again makes one new block, without an end, from that day on.",
    );
  }
  return sentences;
}

interface Doubts {
  /** The number of clients left with planned but no active contracts. */
  readonly clients: number;
  /** The oldest reading, if older data was not read again; else null. */
  readonly unseenSince: Date | null;
}

/** Describes the limits of an impact, one sentence each. */
function describeUncertain({ clients, unseenSince }: Doubts) {
  const sentences: string[] = [];
  if (clients > 0) {
    const subject = clients === 1 ? "One client keeps" : `${clients} clients keep`;
    sentences.push(
      `${subject} planned contracts but no active one: Alma's document does not say whether they lose access to the app ` +
        "until a contract begins.",
    );
  }
  if (unseenSince) {
    sentences.push(
      `A room or a contract that another system moved here after ${unseenSince.toISOString()} is not seen: Alma's lists ` +
        "do not show where a record belongs. A query of the contracts with @freshness(maxAge: 0) reads every one of them.",
    );
  }
  return sentences;
}

/** The verbs that change the state of a rental object. */
export type StateVerb = "archive" | "unarchive" | "block" | "unblock";

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
    uncertain: describeUncertain({
      clients: withPlanned.length,
      unseenSince: search.asOf < cutoff ? asOf : null,
    }),
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
