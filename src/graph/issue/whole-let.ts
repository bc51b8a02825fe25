import { stripBlanks } from "../../alma/index.ts";
import { type CachedRecord, isArchived, isLetWhole } from "../../catalog/index.ts";
import type { Steps } from "../metering/meter.ts";
import {
  asRoom,
  asUnit,
  comparableIdOf,
  type DriftCheck,
  type DriftData,
  externalIdOf,
  filterSteps,
  flatMapSteps,
  groupBySteps,
  quote,
} from "./drift-check.ts";

/** The additional Bitrix id of a unit, without blanks around it; null if it has none. */
export const additionalId = (unit: CachedRecord): string | null => {
  const { additionalExternalId } = asUnit(unit);
  return additionalExternalId == null ? null : stripBlanks(additionalExternalId);
};
/** The additional Bitrix id by which Alma finds a unit; null unless the unit is let whole. */
export const usedAdditionalId = (unit: CachedRecord): string | null =>
  isLetWhole(unit) ? additionalId(unit) : null;
/** Whether the values that say how a unit is let were valid in Alma's answer. */
export const isLettingReadable = ({ fieldErrors }: CachedRecord): boolean =>
  fieldErrors?.additionalExternalId === undefined && fieldErrors?.isUsedAdditionalExternalId === undefined;
/** The additional Bitrix id of a unit in messages. */
export const quoteAdditionalId = (unit: CachedRecord): string => quote(additionalId(unit) ?? "");

const ROOM_BY_ROOM_ADVICE =
  "If the apartment is let room by room, set isUsedAdditionalExternalId: false and additionalExternalId: null by updateUnit";

/** How to archive a room in favour of its unit without losing its contracts. */
export function adviceOnArchiving(room: CachedRecord, unit: CachedRecord): string {
  return (
    `Archiving ${room.key} archives its active and planned contracts too, for good. So first move those that continue to ` +
    `${unit.key} by updateTenantContract with rentalObject; should Alma refuse that because of the room, set the unit's ` +
    "isUsedAdditionalExternalId: false for as long as that takes. Then archive the room by archiveRoom; with dryRun: true " +
    "its `impact` says what else would be archived."
  );
}

/** The listed rooms whose Bitrix id is the additional id of one of these units. */
export function roomsOfApartments(
  data: DriftData,
  apartments: readonly CachedRecord[],
): Steps<CachedRecord[]> {
  const ids = new Set(apartments.map(additionalId));
  return filterSteps(data.listed("room"), (room) => ids.has(comparableIdOf(room) ?? ""));
}

/**
 * Rooms of units that are let whole (Alma: Units, POST). Archived rooms do not count: they remain from a time when the
 * apartment was let by rooms.
 */
export const roomUnderWholeLetUnit: DriftCheck = {
  lists: [],
  details: ["room"],
  suspectKinds: ["unit"],
  *suspects(data) {
    return [...new Set((yield* currentRooms(data)).map(([, unit]) => unit))];
  },
  *find(data) {
    return yield* flatMapSteps(yield* currentRooms(data), ([room, unit]) => {
      if (!isLettingReadable(unit) || !isLetWhole(unit)) return [];
      const externalId = externalIdOf(room) ?? null;
      return [{ externalId, records: [room, unit], advice: () => adviceOnRoom(room, unit) }];
    });
  },
};

/** Pairs of a room that is not archived and its unit. */
const currentRooms = (data: DriftData): Steps<(readonly [CachedRecord, CachedRecord])[]> =>
  flatMapSteps(data.detailed("room"), (room) => {
    const id = asRoom(room).parentUnit?.id;
    const unit = id === undefined || isArchived(room) ? undefined : data.unit(id);
    return unit ? [[room, unit] as const] : [];
  });

function adviceOnRoom(room: CachedRecord, unit: CachedRecord): string {
  const [externalId, additional] = [comparableIdOf(room), additionalId(unit)];
  const finding =
    `${room.key} is a room of ${unit.key}, which is let whole (isUsedAdditionalExternalId). Alma then refuses tenant ` +
    "contracts on the unit or on the room.";
  const roomByRoomAdvice = `${ROOM_BY_ROOM_ADVICE}.`;
  if (additional !== null && externalId !== null && externalId !== additional) {
    return (
      `${finding} The unit's Bitrix unit is ${quote(additional)}, and the room's is ${quote(externalId)}. If the room belongs to ` +
      `another apartment, give it that one by updateRoom with parentUnit. ${roomByRoomAdvice} If it is let whole: ${adviceOnArchiving(room, unit)}`
    );
  }
  const lastStep =
    additional === null && externalId !== null
      ? ` Last, set the unit's additionalExternalId to ${quote(externalId)}, so that it is found by its Bitrix unit.`
      : "";
  return `${finding} ${roomByRoomAdvice} If it is let whole: ${adviceOnArchiving(room, unit)}${lastStep}`;
}

/**
 * Units that are let whole, while their Bitrix unit exists as a room too. Archived rooms do not count: Alma's lookup
 * prefers the unit (Alma: Rental object).
 */
export const wholeLetUnitAlsoRoom: DriftCheck = {
  lists: ["room"],
  details: ["unit"],
  suspectKinds: ["room"],
  *suspects(data) {
    return yield* roomsOfApartments(data, yield* unitsWithUsedId(data));
  },
  *find(data) {
    const candidates = yield* filterSteps(data.listed("room"), (room) => !isArchived(room));
    const rooms = yield* groupBySteps(candidates, comparableIdOf);
    return yield* flatMapSteps(yield* unitsWithUsedId(data), (unit) => {
      const externalId = additionalId(unit);
      const matchingRooms = rooms.get(externalId ?? "") ?? [];
      return matchingRooms.map((room) => ({
        externalId,
        records: [unit, room],
        advice: () => adviceOnBoth(unit, room),
      }));
    });
  },
};

const unitsWithUsedId = (data: DriftData): Steps<CachedRecord[]> =>
  filterSteps(data.detailed("unit"), (unit) => isLettingReadable(unit) && usedAdditionalId(unit) !== null);

function adviceOnBoth(unit: CachedRecord, room: CachedRecord): string {
  const finding =
    `The Bitrix unit ${quoteAdditionalId(unit)} is in Alma twice: as ${room.key}, and as the additionalExternalId of ${unit.key}. ` +
    "Alma's lookup prefers the unit, so that the room is out of reach by its Bitrix id and new contracts go to the unit.";
  const parent = asRoom(room).parentUnit?.id;
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
  return `${finding} ${ROOM_BY_ROOM_ADVICE}. If it is let whole: ${adviceOnArchiving(room, unit)}`;
}
