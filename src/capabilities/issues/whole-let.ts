import { stripBlanks } from "../../alma/index.ts";
import { type CachedRecord, isArchived, isLetWhole, type KnownFields } from "../../catalog/index.ts";
import { inSteps } from "../../graph/index.ts";
import { comparableIdOf, externalIdOf, quoteId } from "./bitrix-id.ts";
import { createIssue, type IssueCheck } from "./check.ts";

/** Returns the trimmed additional Bitrix id of a unit; null if it has none. */
export function additionalIdOf({ value }: CachedRecord): string | null {
  const { additionalExternalId } = value as KnownFields<"unit">;
  return additionalExternalId == null ? null : stripBlanks(additionalExternalId);
}

/** Returns the additional Bitrix id by which Alma finds a unit; null unless the unit is let as a whole. */
export const usedAdditionalIdOf = (unit: CachedRecord): string | null =>
  isLetWhole(unit) ? additionalIdOf(unit) : null;

/** Returns whether the values that show how a unit is let are readable. */
export const isLettingReadable = ({ fieldErrors }: CachedRecord): boolean =>
  fieldErrors?.additionalExternalId === undefined && fieldErrors?.isUsedAdditionalExternalId === undefined;

const ROOM_BY_ROOM_ADVICE =
  "If the apartment is let room by room, set isUsedAdditionalExternalId: false and additionalExternalId: null by updateUnit";

/** Describes how to archive a room in favor of its unit without losing its contracts. */
export function adviceOnArchiving(room: CachedRecord, unit: CachedRecord): string {
  return (
    `Archiving ${room.key} archives its active and planned contracts too, permanently. So first move those that continue to ` +
    `${unit.key} by updateTenantContract with rentalObject; should Alma refuse that because of the room, set the unit's ` +
    "isUsedAdditionalExternalId: false for as long as that takes. Then archive the room by archiveRoom; with dryRun: true " +
    "its `impact` says what else would be archived."
  );
}

/**
 * Finds rooms of units that are let as a whole (Alma: Units, POST). Archived rooms do not count, since they remain from
 * when the apartment was let by room.
 */
export const roomUnderWholeLetUnit: IssueCheck = {
  fields: { room: [] },
  suspectKinds: ["unit"],
  find: (data) =>
    inSteps.flatMap(data.detailed("room"), (room) => {
      const unitId = (room.value as KnownFields<"room">).parentUnit?.id;
      if (unitId === undefined || isArchived(room)) return [];
      const unit = data.unit(unitId);
      if (!data.hasDetail(unit) || !isLettingReadable(unit) || !isLetWhole(unit)) return [];
      return createIssue([room, unit], () => adviceOnRoom(room, unit), externalIdOf(room));
    }),
};

function adviceOnRoom(room: CachedRecord, unit: CachedRecord) {
  const [externalId, additionalId] = [comparableIdOf(room), additionalIdOf(unit)];
  const finding =
    `${room.key} is a room of ${unit.key}, which is let as a whole (isUsedAdditionalExternalId). Alma then refuses tenant ` +
    "contracts on the unit or on the room.";
  const roomByRoomAdvice = `${ROOM_BY_ROOM_ADVICE}.`;
  if (additionalId !== null && externalId !== null && externalId !== additionalId) {
    return (
      `${finding} The unit's Bitrix unit is ${quoteId(additionalId)}, and the room's is ${quoteId(externalId)}. If the room belongs to ` +
      `another apartment, give it that one by updateRoom with parentUnit. ${roomByRoomAdvice} If it is let as a whole: ${adviceOnArchiving(room, unit)}`
    );
  }
  const lastStep =
    additionalId === null && externalId !== null
      ? ` Last, set the unit's additionalExternalId to ${quoteId(externalId)}, so that it is found by its Bitrix unit.`
      : "";
  return `${finding} ${roomByRoomAdvice} If it is let as a whole: ${adviceOnArchiving(room, unit)}${lastStep}`;
}

/**
 * Finds units that are let as a whole although their Bitrix unit also exists as a room. Archived rooms do not count,
 * since Alma's lookup prefers the unit (Alma: Rental object).
 */
export const wholeLetUnitAlsoRoom: IssueCheck = {
  lists: ["room"],
  fields: { unit: [] },
  suspectKinds: ["room"],
  *find(data) {
    const rooms = yield* inSteps.groupBy(data.listed("room"), comparableIdOf);
    return yield* inSteps.flatMap(data.detailed("unit"), (unit) => {
      const externalId = usedAdditionalIdOf(unit);
      if (externalId === null || !isLettingReadable(unit)) return [];
      const current = (rooms.get(externalId) ?? []).filter(
        (room) => data.hasDetail(room) && !isArchived(room),
      );
      return current.flatMap((room) => createIssue([unit, room], () => adviceOnBoth(unit, room), externalId));
    });
  },
};

function adviceOnBoth(unit: CachedRecord, room: CachedRecord) {
  const finding =
    `The Bitrix unit ${quoteId(additionalIdOf(unit) ?? "")} is in Alma twice: as ${room.key}, and as the additionalExternalId of ${unit.key}. ` +
    "Alma's lookup prefers the unit, so no lookup finds the room by its Bitrix id and new contracts go to the unit.";
  const parent = (room.value as KnownFields<"room">).parentUnit?.id;
  if (isArchived(unit)) {
    return `${finding} The unit is archived: set its isUsedAdditionalExternalId: false and additionalExternalId: null by updateUnit.`;
  }
  if (parent !== undefined && parent !== unit.id) {
    return (
      `${finding} The room is in another apartment, Unit:${parent}. If the Bitrix unit belongs there, set additionalExternalId ` +
      `of ${unit.key} to its own Bitrix unit's id by updateUnit, or to null with isUsedAdditionalExternalId: false. If it ` +
      `belongs to ${unit.key}: ${adviceOnArchiving(room, unit)}`
    );
  }
  return `${finding} ${ROOM_BY_ROOM_ADVICE}. If it is let as a whole: ${adviceOnArchiving(room, unit)}`;
}

/**
 * Finds tenant contracts on a unit that represents no Bitrix unit: a tenant rents a Bitrix unit, which is a room or the
 * unit whose additional id is in use (Alma: Apartments, POST). Archived and ended contracts do not count.
 */
export const contractOnUnattachedUnit: IssueCheck = {
  lists: ["unit"],
  fields: { tenantContract: [] },
  suspectKinds: ["unit"],
  find: (data) =>
    inSteps.flatMap(data.detailed("tenantContract"), (contract) => {
      const { unitUsage, endDate } = contract.value as KnownFields<"tenantContract">;
      const unit = data.inList("unit", unitUsage?.unitId ?? 0);
      const hasEnded = endDate != null && endDate < data.today;
      if (!unit || hasEnded || isArchived(contract) || !data.hasDetail(unit)) return [];
      if (!isLettingReadable(unit) || usedAdditionalIdOf(unit) !== null) return [];
      return createIssue(
        [contract, unit],
        () =>
          `${contract.key} is on ${unit.key}, which no Bitrix unit is attached to (isUsedAdditionalExternalId with additionalExternalId), so ` +
          "that this is not the unit that the contract names in Bitrix. Sync the apartment and the unit of the contract, then " +
          "the contract: it is moved to them. By hand, move it by updateTenantContract with rentalObject; if the apartment is let " +
          "whole to this tenant, set additionalExternalId to its Bitrix unit's id and isUsedAdditionalExternalId: true by updateUnit.",
        externalIdOf(contract),
      );
    }),
};
