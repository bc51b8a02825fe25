import { type Entry, isArchived, isLetWhole } from "../catalog/index.ts";
import {
  type Check,
  type DriftCase,
  externalIdOf,
  groupBy,
  named,
  quoted,
  type Seen,
} from "./drift-check.ts";
import { additionalId, giveUp, isReadable, quotedId, roomsNamed, usedId } from "./drift-room.ts";

const units = (find: (units: readonly Entry[]) => readonly DriftCase[]): Check => ({
  lists: [],
  details: ["unit"],
  judges: [],
  suspects: () => [],
  find: (seen) => find(seen.detailed("unit").filter(isReadable)),
});

/** Several units that Alma finds by one additional Bitrix id. One archived counts: it may be found all the same. */
export const duplicateAdditional: Check = units((all) =>
  [...groupBy(all, usedId)]
    .filter(([, entries]) => entries.length > 1 && !entries.every(isArchived))
    .map(([externalId, entries]) => {
      const past = entries.filter(isArchived);
      const first = past.length > 0 ? ` Begin with what is archived (${named(past)}).` : "";
      const advice =
        `${named(entries)} have the same additionalExternalId ${quoted(externalId)} in use, so ` +
        "that a contract for this Bitrix unit goes to whichever Alma finds. See in Bitrix to which apartment the unit " +
        "belongs, and on the others set additionalExternalId to their own unit's id, or to null with " +
        `isUsedAdditionalExternalId: false, by updateUnit.${first}`;
      return { externalId, entries, advice };
    }),
);

/** Units that are said to be let whole, and that no Bitrix unit leads to. */
export const missingAdditional: Check = units((all) =>
  all
    .filter((unit) => isLetWhole(unit) && additionalId(unit) === null && !isArchived(unit))
    .map((unit) => ({
      externalId: null,
      entries: [unit],
      advice:
        `${unit.key} is let whole (isUsedAdditionalExternalId), but has no additionalExternalId, so that rentalObject does ` +
        "not find it by the Bitrix id of its unit. Set additionalExternalId to that id by updateUnit. If it is let room by " +
        "room after all, set isUsedAdditionalExternalId: false instead.",
    })),
);

/**
 * Units with an additional Bitrix id by which Alma does not find them. What exists as a room tells how it came about.
 */
export const unusedAdditional: Check = {
  lists: ["room"],
  details: ["unit"],
  judges: ["room"],
  suspects: (seen) => roomsNamed(seen, unusing(seen)),
  find: (seen) => {
    const rooms = groupBy(seen.listed("room"), externalIdOf);
    return unusing(seen).map((unit) => {
      const found = rooms.get(additionalId(unit) ?? "") ?? [];
      return {
        externalId: additionalId(unit),
        entries: [unit, ...found],
        advice: adviceOnUnused(unit, found),
      };
    });
  },
};

const unusing = (seen: Seen): Entry[] =>
  seen
    .detailed("unit")
    .filter(
      (unit) => isReadable(unit) && !isLetWhole(unit) && additionalId(unit) !== null && !isArchived(unit),
    );

function adviceOnUnused(unit: Entry, rooms: readonly Entry[]): string {
  const what =
    `${unit.key} has the additionalExternalId ${quotedId(unit)}, but isUsedAdditionalExternalId is off, so that ` +
    "rentalObject does not find it by that id.";
  const live = rooms.find((room) => !isArchived(room));
  if (live) {
    return (
      `${what} ${live.key} is this Bitrix unit, so the apartment seems to be let room by room: set additionalExternalId: ` +
      `null by updateUnit. If it is let whole after all: ${giveUp(live, unit)} Last, set isUsedAdditionalExternalId: true.`
    );
  }
  const [archived] = rooms;
  const hint = archived
    ? ` ${archived.key}, which was this Bitrix unit, is archived, which speaks for that.`
    : "";
  return (
    `${what} If the apartment is let whole, set isUsedAdditionalExternalId: true by updateUnit.${hint} If it is let room ` +
    "by room, set additionalExternalId: null; its Bitrix units then have to be rooms."
  );
}
