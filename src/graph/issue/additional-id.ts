import { type CachedRecord, isArchived, isLetWhole } from "../../catalog/index.ts";
import type { Steps } from "../metering/meter.ts";
import {
  comparableIdOf,
  type DriftCase,
  type DriftCheck,
  type DriftData,
  filterSteps,
  flatMapSteps,
  formatRecords,
  groupBySteps,
  quote,
} from "./drift-check.ts";
import {
  additionalId,
  adviceOnArchiving,
  isLettingReadable,
  quoteAdditionalId,
  roomsOfApartments,
  usedAdditionalId,
} from "./whole-let.ts";

/** A check that needs the details of all units and nothing else. */
const createUnitCheck = (
  find: (units: readonly CachedRecord[]) => Steps<readonly DriftCase[]>,
): DriftCheck => ({
  lists: [],
  details: ["unit"],
  suspectKinds: [],
  suspects: () => filterSteps([], () => false),
  *find(data) {
    return yield* find(yield* filterSteps(data.detailed("unit"), isLettingReadable));
  },
});

/** Several units with one additional Bitrix id. Archived units count, since Alma's lookup may find them. */
export const duplicateAdditionalId: DriftCheck = createUnitCheck(function* (units) {
  const groups = [...(yield* groupBySteps(units, usedAdditionalId))];
  return yield* flatMapSteps(groups, ([externalId, records]) =>
    records.length > 1 && !records.every(isArchived)
      ? [{ externalId, records, advice: () => adviceOnDuplicate(externalId, records) }]
      : [],
  );
});

function adviceOnDuplicate(externalId: string, records: readonly CachedRecord[]): string {
  const archived = records.filter(isArchived);
  const archivedHint =
    archived.length > 0 ? ` Begin with what is archived (${formatRecords(archived)}).` : "";
  return (
    `${formatRecords(records)} have the same additionalExternalId ${quote(externalId)} in use, so ` +
    "that a contract for this Bitrix unit goes to whichever Alma finds. See in Bitrix to which apartment the unit " +
    "belongs, and on the others set additionalExternalId to their own unit's id, or to null with " +
    `isUsedAdditionalExternalId: false, by updateUnit.${archivedHint}`
  );
}

/** Units that are let whole without an additional Bitrix id, so that Alma finds them by no Bitrix unit. */
export const missingAdditionalId: DriftCheck = createUnitCheck((units) =>
  flatMapSteps(units, (unit) => {
    if (!isLetWhole(unit) || additionalId(unit) !== null || isArchived(unit)) return [];
    return [
      {
        externalId: null,
        records: [unit],
        advice: () =>
          `${unit.key} is let whole (isUsedAdditionalExternalId), but has no additionalExternalId, so that rentalObject does ` +
          "not find it by the Bitrix id of its unit. Set additionalExternalId to that id by updateUnit. If it is let room by " +
          "room after all, set isUsedAdditionalExternalId: false instead.",
      },
    ];
  }),
);

/**
 * Units with an additional Bitrix id that is not in use, so that Alma does not find them by it. A room with the same
 * Bitrix id suggests that the apartment is let by rooms.
 */
export const unusedAdditionalId: DriftCheck = {
  lists: ["room"],
  details: ["unit"],
  suspectKinds: ["room"],
  *suspects(data) {
    return yield* roomsOfApartments(data, yield* unitsWithUnusedId(data));
  },
  *find(data) {
    const rooms = yield* groupBySteps(data.listed("room"), comparableIdOf);
    return yield* flatMapSteps(yield* unitsWithUnusedId(data), (unit) => {
      const matchingRooms = rooms.get(additionalId(unit) ?? "") ?? [];
      return [
        {
          externalId: additionalId(unit),
          records: [unit, ...matchingRooms],
          advice: () => adviceOnUnused(unit, matchingRooms),
        },
      ];
    });
  },
};

const unitsWithUnusedId = (data: DriftData): Steps<CachedRecord[]> =>
  filterSteps(
    data.detailed("unit"),
    (unit) =>
      isLettingReadable(unit) && !isLetWhole(unit) && additionalId(unit) !== null && !isArchived(unit),
  );

function adviceOnUnused(unit: CachedRecord, rooms: readonly CachedRecord[]): string {
  const finding =
    `${unit.key} has the additionalExternalId ${quoteAdditionalId(unit)}, but isUsedAdditionalExternalId is off, so that ` +
    "rentalObject does not find it by that id.";
  const currentRoom = rooms.find((room) => !isArchived(room));
  if (currentRoom) {
    return (
      `${finding} ${currentRoom.key} is this Bitrix unit, so the apartment seems to be let room by room: set additionalExternalId: ` +
      `null by updateUnit. If it is let whole after all: ${adviceOnArchiving(currentRoom, unit)} Last, set isUsedAdditionalExternalId: true.`
    );
  }
  const [archivedRoom] = rooms;
  const hint = archivedRoom
    ? ` ${archivedRoom.key}, which was this Bitrix unit, is archived, which speaks for that.`
    : "";
  return (
    `${finding} If the apartment is let whole, set isUsedAdditionalExternalId: true by updateUnit.${hint} If it is let room ` +
    "by room, set additionalExternalId: null; its Bitrix units then have to be rooms."
  );
}
