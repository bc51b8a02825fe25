import type { GraphQLResolveInfo } from "graphql";
import {
  type CachedRecord,
  DETAIL,
  groupByParent,
  type Kind,
  type KnownFields,
  kindDefinitions,
  type MembersBelow,
  NEVER,
  type Relation,
} from "../../catalog/index.ts";
import { memoized } from "../argument/memoized.ts";
import { type PeriodArgs, parsePeriod } from "../argument/period.ts";
import {
  findMembersBelow,
  findReferrers,
  findUndecidable,
  mergePartialData,
  type PartialData,
  partialDataError,
  reportPartialData,
  rereadRecords,
} from "../member/partial-data.ts";
import { hasParentIn, type Parents } from "../member/select-members.ts";
import { readUnlisted } from "../member/unlisted-records.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import { type DayNumber, dayNumberOf, dayText } from "../rent/day.ts";
import { commonDays, coverageOf, type DatedContract, type DayRange, vacantSince } from "../rent/rent.ts";
import { type ComputedField, followTo, toOneField } from "../resolver/computed-field.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { RecordView } from "../resolver/record-view.ts";
import { selectedLevel } from "../resolver/required-level.ts";
import { stateOn } from "./contract-state.ts";
import { CURRENT_CONTRACT, confirmContracts, type DayArgs, resolveContract } from "./current-contract.ts";
import { rentWithin } from "./rent-field.ts";

/** Returns the ids of a unit and its rooms. Rooms missing from the list are found through their contracts. */
export function readUnitAndRooms(context: GraphContext, id: number): PromiseOrValue<Parents> {
  const { catalog, operation, memo } = context;
  const { room } = catalog.store.tables;
  const index = room.relationIndex.of("parentUnit");
  const known = memo.get(readUnitAndRooms) as KnownRooms | undefined;
  if (known?.isCurrent()) return { ids: [id, ...index.children(id).map(idOf)], outcome: known.outcome };
  const rooms = findReferrers(context, "room", "parentUnit", [id]);
  const contracts = catalog.findMembers(operation, { kind: "tenantContract", needsDetails: true });
  // Both lists must be known to find missing rooms.
  const unlisted = mapPromisesOrValues([contracts, rooms], ({ records }) =>
    readUnlisted(context, "tenantContract", "rentalObject", records),
  );
  return mapPromisesOrValues([rooms, unlisted], (listedRooms, unlistedRooms) => {
    const undecided = [
      ...unlistedRooms.failedReads,
      ...findUndecidable(unlistedRooms.records, ["parentUnit"]),
    ];
    const byParent = groupByParent(room, "parentUnit", undecided);
    const failedReads = [...listedRooms.failedReads, ...byParent.under([id])];
    const readsOfUnknownParent = [...listedRooms.readsOfUnknownParent, ...byParent.ofUnknownParent];
    const failed = new Set([...failedReads, ...readsOfUnknownParent].map(({ record }) => record));
    const ownRooms = index.children(id).filter((cached) => !failed.has(cached));
    const outcome = {
      asOf: Math.min(listedRooms.asOf, unlistedRooms.asOf),
      failedReads,
      readsOfUnknownParent,
    };
    if (undecided.length === 0) noteKnown(context, outcome);
    return { ids: [id, ...ownRooms.map(idOf)], outcome };
  });
}

const idOf = ({ id }: CachedRecord) => id;

/** Set while the rooms of all units are known and unchanged. */
interface KnownRooms {
  readonly isCurrent: () => boolean;
  readonly outcome: NonNullable<Parents["outcome"]>;
}

function noteKnown(context: GraphContext, outcome: KnownRooms["outcome"]) {
  const { unit } = context.catalog.store.tables;
  const { version } = unit;
  const rooms = findMembersBelow(context, "room", "parentUnit");
  const contracts = findMembersBelow(context, "tenantContract", "rentalObject");
  if (!rooms || !contracts) return;
  const isCurrent = () => unit.version === version && rooms.isCurrent && contracts.isCurrent;
  context.memo.set(readUnitAndRooms, { isCurrent, outcome });
}

const DATE_FIELDS = ["startDate", "endDate", "unitUsage"] as const;
/** The fields that decide whether a tenant contract has a row, and its rent. */
const RENT_FIELDS = [...DATE_FIELDS, "price", "typeContract"];

/** `OwnerContract.lettings(from, to)`: ordered by first day, then by highest id. */
export const lettings: ComputedField<"ownerContract", PeriodArgs> = {
  requiredFields: DATE_FIELDS,
  resolve: (view, args, context, info) => {
    view.assertReadable(DATE_FIELDS);
    const days = commonDays(coverageOf(view.value), parsePeriod(args));
    const unitId = view.value.unitUsage?.unitId ?? null;
    if (!days || unitId === null) return [];
    return mapPromiseOrValue(readUnitAndRooms(context, unitId), ({ ids, outcome }) => {
      const members = findReferrers(context, "tenantContract", "rentalObject", ids);
      return mapPromiseOrValue(members, (found) => {
        const undecidable = findUndecidable(found.records, RENT_FIELDS);
        const failed = new Set(undecidable.map(({ record }) => record));
        const partialData = mergePartialData(outcome, found, { failedReads: undecidable });
        reportPartialData(context, info, ["tenantContract"], partialData, true);
        const contracts = found.records.filter((record) => !failed.has(record));
        return mapPromiseOrValue(reread(context, contracts, ids), (current) =>
          toRows(context, current, days),
        );
      });
    });
  },
};

/** Reads the contracts as fresh as the query requires, and removes those that have moved. */
function reread(context: GraphContext, contracts: readonly CachedRecord[], objectIds: readonly number[]) {
  if (!context.operation.rereadsPages) return contracts;
  const isThere = hasParentIn("tenantContract", "rentalObject", objectIds);
  return rereadRecords(context, contracts, DETAIL, []).then((records) => records.filter(isThere));
}

/**
 * Creates the rows of an owner's statement: tenant contracts with the days they and the owner's contract
 * cover.
 */
function toRows(context: GraphContext, contracts: readonly CachedRecord[], days: DayRange) {
  const rows = contracts.flatMap((record) => {
    const contract = record.value;
    const common = commonDays(coverageOf(contract), days);
    return common ? [{ record, contract, ...common }] : [];
  });
  rows.sort((one, other) => one.from - other.from || other.record.id - one.record.id);
  return rows.map(({ record, contract, from, to }) => ({
    contract: context.viewOf(record, context.operation.connectionCutoff),
    from: dayText(from),
    to: dayText(to),
    days: to - from + 1,
    rent: rentWithin(context, contract, { from, to }),
  }));
}

/**
 * The fields of a unit that decide whether it can be let, and whether as a whole or by room. Alma:
 * Apartments, Units.
 */
interface LettableUnit {
  readonly isArchived?: boolean | null;
  readonly isUsedAdditionalExternalId?: boolean | null;
}

/** Returns whether a unit can be let: it is let as a whole or has no room. Archived rooms count, blocks do not. */
function isLettableUnit(unit: LettableUnit, hasRooms: boolean) {
  return unit.isArchived !== true && (unit.isUsedAdditionalExternalId === true || !hasRooms);
}

/** Returns whether a room can be let: neither it nor its unit is archived, and the unit is not let as a whole. */
function isLettableRoom(room: Pick<LettableUnit, "isArchived">, unit: LettableUnit | undefined) {
  return room.isArchived !== true && unit?.isArchived !== true && unit?.isUsedAdditionalExternalId !== true;
}

/** The fields of a unit or room that decide whether it can be let. */
const DECIDING_FIELDS = {
  unit: ["isArchived", "isUsedAdditionalExternalId"],
  room: ["isArchived", "parentUnit"],
} as const;

type RentalKind = keyof typeof DECIDING_FIELDS;

const parentUnit = toOneField(kindDefinitions.room.relations.parentUnit as Relation);

/** Fields of units about letting. */
export const unitLettingFields = {
  ...lettingFields("unit"),
  unit: {
    requiredFields: [],
    resolve: (view, _args, context, info) => {
      if (!view.hasDetail) view.expectLevel(selectedLevel(info, ["unit"], context.settings.requiredFields));
      return view;
    },
  } satisfies ComputedField<"unit">,
};

/** Fields of rooms about letting. */
export const roomLettingFields = { ...lettingFields("room"), unit: parentUnit };

function lettingFields<K extends RentalKind>(kind: K) {
  const requiredFields = DECIDING_FIELDS[kind] as unknown as ComputedField<K, DayArgs>["requiredFields"];
  /** Creates a field that depends on a day and the contracts. Null for objects that cannot be let. */
  const field = (
    decide: (contracts: readonly DatedContract[], day: string) => unknown,
  ): ComputedField<K, DayArgs> => ({
    requiredFields,
    resolve: (view, { on }, context, info) => {
      const contracts = readContractsOnce(context, info, view);
      return mapPromiseOrValue(contracts, (found) => found && decide(found, on ?? context.today));
    },
  });
  const sinceField = (show: (since: DayNumber, day: DayNumber) => unknown) =>
    field((contracts, on) => {
      const day = dayNumberOf(on);
      const since = vacantSince(contracts, day);
      return since === null ? null : show(since, day);
    });
  return {
    isLettable: {
      requiredFields,
      resolve: (view, _args, context, info) => isLettable(context, info, view),
    } satisfies ComputedField<K>,
    isVacant: field((contracts, day) => !contracts.some((contract) => stateOn(contract, day) === "ACTIVE")),
    vacantSince: sinceField((since) => dayText(since)),
    vacantDays: sinceField((since, day) => day - since + 1),
    owner: {
      requiredFields: kind === "room" ? requiredFields : [],
      resolve: (view, { on }, context, info) => resolveOwner(context, info, view, on ?? context.today),
    } satisfies ComputedField<K, DayArgs>,
  };
}

/** Returns the unit of a room, or the unit itself; null if the room has none. The unit is as fresh as the room. */
function unitOf(context: GraphContext, view: RecordView) {
  if (view.kind === "unit") return view;
  const unit = view.getField("parentUnit") as KnownFields<"room">["parentUnit"];
  const id = unit?.id ?? null;
  return id === null ? null : context.viewOf(context.catalog.store.getOrCreate("unit", id), view.cutoff);
}

/** Returns whether a unit or room can be let. Throws AlmaError if that is unknown. */
function isLettable(context: GraphContext, info: GraphQLResolveInfo, view: RecordView) {
  view.assertReadable(DECIDING_FIELDS[view.kind as RentalKind]);
  if (view.kind === "unit") {
    const unit = view.value as LettableUnit;
    // Its rooms are read only if they decide.
    if (isLettableUnit(unit, true) || !isLettableUnit(unit, false)) return isLettableUnit(unit, true);
    return mapPromiseOrValue(hasRooms(context, info, view.id), (found) => isLettableUnit(unit, found));
  }
  const room = view.value as KnownFields<"room">;
  const unit = unitOf(context, view);
  if (room.isArchived === true || !unit) return isLettableRoom(room, undefined);
  const isGone = () => unit.record.isGone(unit.cutoff);
  const loading = unit.ensureLevel(DETAIL)?.catch((error: unknown) => {
    if (!isGone()) throw error;
  });
  return mapPromiseOrValue(loading, () => {
    if (isGone()) return isLettableRoom(room, undefined);
    unit.assertReadable(DECIDING_FIELDS.unit);
    return isLettableRoom(room, unit.value as LettableUnit);
  });
}

/**
 * Returns whether a unit has rooms, or contracts on rooms, as far as known. Reads them if the query requires a certain
 * age.
 */
function hasRooms(context: GraphContext, info: GraphQLResolveInfo, id: number) {
  const { catalog, operation } = context;
  const index = catalog.store.tables.room.relationIndex.of("parentUnit");
  const hasUnlisted = () =>
    index.children(id).some((room) => room.membership === "referred" && !room.isGone(NEVER));
  const unlisted = operation.boundsIndexes ? readUnitAndRooms(context, id) : { outcome: undefined };
  return mapPromiseOrValue(unlisted, ({ outcome }) => {
    const below = outcome ? undefined : findMembersBelow(context, "room", "parentUnit");
    if (below) return below.of(id).length > 0 || hasUnlisted();
    const members = findReferrers(context, "room", "parentUnit", [id]);
    return mapPromiseOrValue(members, (rooms) => {
      const isKnown = rooms.records.length > 0 || hasUnlisted();
      const { malformedEntries } = rooms;
      const consequence = "whether it has rooms is unknown";
      if (!isKnown)
        assertDecided(context, info, "room", { ...rooms, ...outcome, malformedEntries }, consequence);
      return isKnown;
    });
  });
}

/** Reads the contracts that occupy a unit or room, once for all its fields. Null if it cannot be let. */
function readContractsOnce(
  context: GraphContext,
  info: GraphQLResolveInfo,
  view: RecordView,
): PromiseOrValue<readonly DatedContract[] | null> {
  return memoized(context.memo, view, () =>
    mapPromiseOrValue(isLettable(context, info, view), (canBeLet) =>
      canBeLet ? confirmContracts(context, view, () => readContracts(context, info, view)) : null,
    ),
  );
}

/** Reads the contracts that occupy a unit or room: on itself, on its unit, on the unit's rooms. */
function readContracts(
  context: GraphContext,
  info: GraphQLResolveInfo,
  view: RecordView,
): PromiseOrValue<readonly DatedContract[]> {
  const unit = unitOf(context, view);
  const ids =
    view.kind === "unit"
      ? readUnitAndRooms(context, view.id)
      : { ids: unit ? [view.id, unit.id] : [view.id], outcome: undefined };
  return mapPromiseOrValue(ids, ({ ids: parents, outcome }) => {
    const isComplete = !outcome || outcome.failedReads.length + outcome.readsOfUnknownParent.length === 0;
    const below = isComplete && findMembersBelow(context, "tenantContract", "rentalObject");
    const known = below && readableContracts(below, parents);
    if (known) return known;
    const members = findReferrers(context, "tenantContract", "rentalObject", parents);
    return mapPromiseOrValue(members, (found) => {
      const undecidable = findUndecidable(found.records, DATE_FIELDS);
      const read = mergePartialData(outcome, found, { failedReads: undecidable });
      assertDecided(context, info, "tenantContract", read, "whether it is let is unknown");
      return found.records.map(({ value }: CachedRecord) => value);
    });
  });
}

/** Returns the contracts on any of these objects; undefined if a field of one is unreadable. */
function readableContracts(below: MembersBelow, parents: readonly number[]) {
  const contracts: DatedContract[] = [];
  for (const parent of parents)
    for (const { value, fieldErrors } of below.of(parent)) {
      if (fieldErrors) return undefined;
      contracts.push(value);
    }
  return contracts;
}

/** Throws AlmaError if a record that belonged here cannot be read. Reports records never read. */
function assertDecided(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kind: Kind,
  read: PartialData,
  consequence: string,
) {
  if (read.failedReads.length > 0) throw partialDataError(read.failedReads, consequence);
  reportPartialData(context, info, [kind], read, true);
}

/** Resolves the client of the owner contract in force. */
function resolveOwner(context: GraphContext, info: GraphQLResolveInfo, view: RecordView, day: string) {
  const unit = unitOf(context, view);
  if (!unit) return null;
  const contract = resolveContract(context, info, "ownerContract", CURRENT_CONTRACT, unit, day);
  return mapPromiseOrValue(contract, (found) => {
    const id = (found?.value as KnownFields<"ownerContract"> | undefined)?.unitUsage?.clientId ?? null;
    return id === null
      ? null
      : followTo(context, info, context.catalog.store.getOrCreate("client", id), view.cutoff);
  });
}
