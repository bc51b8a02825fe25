import { type Entry, isArchived, isLetWhole } from "../catalog/index.ts";
import { type Check, externalIdOf, groupBy, quoted, roomOf, type Seen, unitOf } from "./drift-check.ts";

export const additionalId = (unit: Entry): string | null => unitOf(unit).additionalExternalId ?? null;
export const usedId = (unit: Entry): string | null => (isLetWhole(unit) ? additionalId(unit) : null);
export const isReadable = ({ faults }: Entry): boolean =>
  faults?.additionalExternalId === undefined && faults?.isUsedAdditionalExternalId === undefined;
export const quotedId = (unit: Entry): string => quoted(additionalId(unit) ?? "");

const BY_ROOM =
  "If the apartment is let room by room, set isUsedAdditionalExternalId: false and additionalExternalId: null by updateUnit";

/** How a room is given up in favour of its unit without losing what is agreed on it. */
export function giveUp(room: Entry, unit: Entry): string {
  return (
    `Archiving ${room.key} takes its active and planned contracts with it, for good. So first move those that go on to ` +
    `${unit.key} by updateTenantContract with rentalObject; should Alma refuse that because of the room, set the unit's ` +
    "isUsedAdditionalExternalId: false for as long as that takes. Then archive the room by archiveRoom; with dryRun: true " +
    "its `impact` says what would go with it."
  );
}

/** The listed rooms that are the Bitrix units of these apartments. */
export function roomsNamed(seen: Seen, apartments: readonly Entry[]): Entry[] {
  const ids = new Set(apartments.map(additionalId));
  return seen.listed("room").filter((room) => ids.has(externalIdOf(room) ?? ""));
}

/**
 * Rooms of units that are let whole (Alma: Units, POST). An archived room there is what is left of a change of letting.
 */
export const roomUnderWhole: Check = {
  lists: [],
  details: ["room"],
  judges: ["unit"],
  suspects: (seen) => [...new Set(inUse(seen).map(([, unit]) => unit))],
  find: (seen) =>
    inUse(seen)
      .filter(([, unit]) => isReadable(unit) && isLetWhole(unit))
      .map(([room, unit]) => ({
        externalId: externalIdOf(room) ?? null,
        entries: [room, unit],
        advice: adviceOnRoom(room, unit),
      })),
};

/** The rooms that are not archived, each with its unit. */
const inUse = (seen: Seen): [Entry, Entry][] =>
  seen.detailed("room").flatMap((room): [Entry, Entry][] => {
    const id = roomOf(room).parentUnit?.id;
    const unit = id === undefined || isArchived(room) ? undefined : seen.unit(id);
    return unit ? [[room, unit]] : [];
  });

function adviceOnRoom(room: Entry, unit: Entry): string {
  const [own, additional] = [externalIdOf(room) ?? null, additionalId(unit)];
  const what =
    `${room.key} is a room of ${unit.key}, which is let whole (isUsedAdditionalExternalId). Alma then refuses tenant ` +
    "contracts on the unit or on the room.";
  const byRoom = `${BY_ROOM}.`;
  if (additional !== null && own !== null && own !== additional) {
    return (
      `${what} The unit's Bitrix unit is ${quoted(additional)}, and the room's is ${quoted(own)}. If the room belongs to ` +
      `another apartment, give it that one by updateRoom with parentUnit. ${byRoom} If it is let whole: ${giveUp(room, unit)}`
    );
  }
  const carry =
    additional === null && own !== null
      ? ` Last, set the unit's additionalExternalId to ${quoted(own)}, so that it is found by its Bitrix unit.`
      : "";
  return `${what} ${byRoom} If it is let whole: ${giveUp(room, unit)}${carry}`;
}

/** Units let whole whose Bitrix unit is a room too. An archived room is never found before them, and no drift. */
export const alsoRoom: Check = {
  lists: ["room"],
  details: ["unit"],
  judges: ["room"],
  suspects: (seen) => roomsNamed(seen, using(seen)),
  find: (seen) => {
    const live = seen.listed("room").filter((room) => !isArchived(room));
    const rooms = groupBy(live, externalIdOf);
    return using(seen).flatMap((unit) => {
      const found = rooms.get(additionalId(unit) ?? "") ?? [];
      return found.map((room) => ({
        externalId: additionalId(unit),
        entries: [unit, room],
        advice: adviceOnBoth(unit, room),
      }));
    });
  },
};

const using = (seen: Seen): Entry[] =>
  seen.detailed("unit").filter((unit) => isReadable(unit) && usedId(unit) !== null);

function adviceOnBoth(unit: Entry, room: Entry): string {
  const what =
    `The Bitrix unit ${quotedId(unit)} is in Alma twice: as ${room.key}, and as the additionalExternalId of ${unit.key}. ` +
    "Alma's lookup prefers the unit, so that the room is out of reach by its Bitrix id and new contracts go to the unit.";
  const parent = roomOf(room).parentUnit?.id;
  if (isArchived(unit)) {
    return `${what} The unit is archived: set its isUsedAdditionalExternalId: false and additionalExternalId: null by updateUnit.`;
  }
  if (parent !== undefined && parent !== unit.id) {
    return (
      `${what} The room is in another apartment, Unit:${parent}. If the Bitrix unit belongs there, set additionalExternalId ` +
      `of ${unit.key} to its own Bitrix unit's id by updateUnit, or to null with isUsedAdditionalExternalId: false. If it ` +
      `belongs to ${unit.key}: ${giveUp(room, unit)}`
    );
  }
  return `${what} ${BY_ROOM}. If it is let whole: ${giveUp(room, unit)}`;
}
