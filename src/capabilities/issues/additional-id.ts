import { type CachedRecord, isArchived, isLetWhole } from "../../catalog/index.ts";
import { inSteps } from "../../graph/index.ts";
import { comparableIdOf, formatRecords, quoteId } from "./bitrix-id.ts";
import { createIssue, type IssueCheck, recordCheck } from "./check.ts";
import { additionalIdOf, adviceOnArchiving, isLettingReadable, usedAdditionalIdOf } from "./whole-let.ts";

/** Finds several units with one additional Bitrix id. Archived units count, since Alma's lookup may find them. */
export const duplicateAdditionalId: IssueCheck = {
  fields: { unit: [] },
  *find(data) {
    const groups = yield* inSteps.groupBy(data.detailed("unit"), (unit) =>
      isLettingReadable(unit) ? usedAdditionalIdOf(unit) : null,
    );
    return yield* inSteps.flatMap([...groups], ([externalId, units]) =>
      units.length < 2 || units.every(isArchived)
        ? []
        : createIssue(units, () => adviceOnDuplicate(externalId, units), externalId),
    );
  },
};

function adviceOnDuplicate(externalId: string, units: readonly CachedRecord[]) {
  const archived = units.filter(isArchived);
  const archivedHint =
    archived.length > 0 ? ` Start with the archived ones (${formatRecords(archived)}).` : "";
  return (
    `${formatRecords(units)} have the same additionalExternalId ${quoteId(externalId)} in use, so ` +
    "a contract for this Bitrix unit goes to the one that Alma finds. See in Bitrix which apartment the unit belongs " +
    "to, and on the others set additionalExternalId to their own unit's id, or to null with " +
    `isUsedAdditionalExternalId: false, by updateUnit.${archivedHint}`
  );
}

/** Finds units let as a whole without an additional Bitrix id; Alma cannot find them by a Bitrix unit. */
export const missingAdditionalId = recordCheck({
  kinds: ["unit"],
  fields: { unit: [] },
  isWrong: (_value, _data, unit) =>
    isLettingReadable(unit) && isLetWhole(unit) && additionalIdOf(unit) === null,
  message: ({ key }) =>
    `${key} is let as a whole (isUsedAdditionalExternalId), but has no additionalExternalId, so rentalObject does ` +
    "not find it by the Bitrix id of its unit. Set additionalExternalId to that id by updateUnit. If it is let room by " +
    "room after all, set isUsedAdditionalExternalId: false instead.",
});

/**
 * Finds units with an unused additional Bitrix id, by which Alma does not find them. A room with the same Bitrix id
 * suggests that the apartment is let by room.
 */
export const unusedAdditionalId: IssueCheck = {
  lists: ["room"],
  fields: { unit: [] },
  suspectKinds: ["room"],
  *find(data) {
    const roomsById = yield* inSteps.groupBy(data.listed("room"), comparableIdOf);
    return yield* inSteps.flatMap(data.detailed("unit"), (unit) => {
      const externalId = additionalIdOf(unit);
      if (externalId === null || !isLettingReadable(unit) || isLetWhole(unit) || isArchived(unit)) return [];
      const rooms = (roomsById.get(externalId) ?? []).filter(data.hasDetail);
      return createIssue([unit, ...rooms], () => adviceOnUnused(unit, externalId, rooms), externalId);
    });
  },
};

function adviceOnUnused(unit: CachedRecord, externalId: string, rooms: readonly CachedRecord[]) {
  const finding =
    `${unit.key} has the additionalExternalId ${quoteId(externalId)}, but isUsedAdditionalExternalId is off, so ` +
    "rentalObject does not find it by that id.";
  const currentRoom = rooms.find((room) => !isArchived(room));
  if (currentRoom) {
    return (
      `${finding} ${currentRoom.key} is this Bitrix unit, so the apartment seems to be let room by room: set additionalExternalId: ` +
      `null by updateUnit. If it is let as a whole after all: ${adviceOnArchiving(currentRoom, unit)} Last, set isUsedAdditionalExternalId: true.`
    );
  }
  const [archivedRoom] = rooms;
  const hint = archivedRoom
    ? ` ${archivedRoom.key}, which was this Bitrix unit, is archived, which suggests that.`
    : "";
  return (
    `${finding} If the apartment is let as a whole, set isUsedAdditionalExternalId: true by updateUnit.${hint} If it is let room ` +
    "by room, set additionalExternalId: null; its Bitrix units must then be rooms."
  );
}
