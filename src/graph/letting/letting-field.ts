import type { GraphQLResolveInfo } from "graphql";
import {
  type CachedRecord,
  type Kind,
  type KnownFields,
  kindDefinitions,
  type MembersBelow,
  NEVER,
  type Relation,
} from "../../catalog/index.ts";
import { memoized } from "../argument/memoized.ts";
import {
  findMembersBelow,
  findReferrers,
  findUndecidable,
  mergePartialData,
  type PartialData,
  partialDataError,
  reportPartialData,
} from "../member/partial-data.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import { type DayNumber, dayNumberOf, dayText } from "../rent/day.ts";
import { type DatedContract, vacantSince } from "../rent/rent.ts";
import { type ComputedField, followTo, toOneField } from "../resolver/computed-field.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { RecordView } from "../resolver/record-view.ts";
import { selectedLevel } from "../resolver/required-level.ts";
import { COVERAGE_FIELDS, stateOn } from "./contract-state.ts";
import {
  CURRENT_CONTRACT,
  confirmContracts,
  contractField,
  type DayArgs,
  NEXT_CONTRACT,
  readDetail,
  resolveContract,
} from "./current-contract.ts";
import { readUnitAndRooms } from "./unit-rooms.ts";

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
      if (!view.hasDetail) view.expectLevel(selectedLevel(context, info, ["unit"]));
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
    currentTenantContract: contractField<K>("tenantContract", CURRENT_CONTRACT),
    nextTenantContract: contractField<K>("tenantContract", NEXT_CONTRACT),
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
  return mapPromiseOrValue(readDetail(unit), (exists) => {
    if (!exists) return isLettableRoom(room, undefined);
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
    index.recordsOf(id).some((room) => room.membership === "referred" && !room.isGone(NEVER));
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
      const undecidable = findUndecidable(found.records, COVERAGE_FIELDS);
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
    return id === null ? null : followTo(context, info, ["client"], id, view.cutoff);
  });
}
