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
} from "../../catalog/index.ts";
import { clientIdOf, createContractSearch } from "../contract/contract-search.ts";
import { partialDataError } from "../member/partial-data.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type RecordVersion, RecordView, versionOf } from "../view/record-view.ts";
import type { Impact } from "../write/user-error.ts";

interface SideEffects {
  /** How many contracts are archived too. */
  readonly contracts: number;
  /** How many clients lose access to Alma's app. */
  readonly clients: number;
  /** The unit and the building that are unarchived too; undefined if none is. */
  readonly unit?: unknown;
  readonly building?: unknown;
}

/**
 * What the opposite write does not restore, one sentence each (Alma: Apartments and Units, archive and block).
 * Contracts are never unarchived; unarchiving also affects the unit and the building, archiving does not; unblocking
 * removes blocks that blocking does not create.
 */
function describeIrreversible(
  kind: "unit" | "room",
  verb: "archive" | "unarchive" | "block" | "unblock",
  { contracts, clients, unit, building }: SideEffects,
): string[] {
  const sentences: string[] = [];
  if (contracts > 0) {
    const subject = contracts === 1 ? "One contract is" : `${contracts} contracts are`;
    sentences.push(`${subject} archived for good: unarchiving the ${kind} does not bring contracts back.`);
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
  /** How many clients keep planned contracts, but no active one. */
  readonly clients: number;
  /** The time of the oldest reading, if what was read before the impact was computed is not read again; else null. */
  readonly unseenSince: Date | null;
}

/** What an impact cannot establish, one sentence each. */
function describeUncertain({ clients, unseenSince }: Doubts): string[] {
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
 * Computes what archiving, unarchiving, blocking or unblocking a unit or a room does to other records, before the write
 * is sent: Alma's answers do not say (Alma: Apartments and Units, PATCH archive and block). It rests on the lists of
 * the kinds concerned, the rental object, and the rooms and contracts that the relation indexes place there, all read
 * now, since what is archived does not come back. Details that were never read are read too (with the catalog off, all
 * of these kinds), so it is called only if the caller selects the impact. Throws AlmaError.
 */
export async function computeImpact(
  context: GraphContext,
  rentalObject: CachedRecord,
  verb: StateVerb,
): Promise<Impact> {
  const cutoff = context.operation.startedAt;
  const view = context.viewOf<"unit" | "room">(rentalObject, cutoff);
  const search = createContractSearch(context, cutoff);
  // The kinds on which the write has an effect, by the declared cascades.
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
    unit: archivedParents.unit ? versionOf(archivedParents.unit) : null,
    building: archivedParents.building ? versionOf(archivedParents.building) : null,
    rooms: hasKnownRooms ? rooms.filter((room) => isAffected(room, verb)).map(versionOf) : null,
    contracts: contracts.map(versionOf),
    obstacles: obstacles.map(versionOf),
    clientsLosingAccess: withoutAny.map((id) => versionOf(tables.client.getOrCreate(id))),
    clientsPossiblyLosingAccess: withPlanned.map((id) => versionOf(tables.client.getOrCreate(id))),
    isReversible: irreversible.length === 0,
    irreversible,
    uncertain: describeUncertain({
      clients: withPlanned.length,
      unseenSince: search.asOf < cutoff ? asOf : null,
    }),
    failedReads: search.failedReads,
  };
}

/** Turns an impact into the type `Impact` of the graph. Failed reads become errors beside the data, at its path. */
export function resolveImpact(impact: Impact, context: GraphContext, info: GraphQLResolveInfo) {
  const { unit, building, rooms, contracts, obstacles, failedReads, ...rest } = impact;
  if (failedReads.length > 0) {
    const error = partialDataError(failedReads, "it is not known whether they are affected too");
    context.operation.partialDataErrors.push({ error, path: responsePathAsArray(info.path) });
  }
  // The versions are from before the write; an idempotent repetition does not read them again.
  const toView = (version: RecordVersion) =>
    new RecordView(context, version.record, Number.NEGATIVE_INFINITY, version);
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

/** The kinds of contracts, in the order in which they are read. */
const CONTRACT_KINDS = ["tenantContract", "ownerContract"] as const;

/** Whether a room changes with its unit. A block, or its end, changes every room. */
function isAffected({ value }: CachedRecord, verb: StateVerb) {
  const { isArchived } = value;
  if (verb === "archive") return isArchived !== true;
  return verb !== "unarchive" || isArchived !== false;
}

/**
 * Whether Alma's lists name archived records: the unit shows it if it is archived, otherwise the other records do. If
 * they do not, it is not known which rooms come back.
 */
async function listsArchived({ catalog, operation }: GraphContext, rentalObject: CachedRecord) {
  if (rentalObject.kind === "room") return true;
  await catalog.findMembers(operation, { kind: rentalObject.kind, needsDetails: false });
  const { unit, room } = catalog.store.tables;
  if (isArchived(rentalObject)) return rentalObject.isListed;
  return [...unit.listed, ...room.listed].some((other) => isArchived(other) && other.asOf(DETAIL) > NEVER);
}

/** A room's unit and the building, if they are archived now and their kind is unarchived too. */
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
