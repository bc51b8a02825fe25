/** What of a unit or room decides whether it can be let. Alma: Apartments, Units. */
interface Archivable {
  readonly isArchived?: boolean | null;
}

/** What of a unit decides how it is let: as a whole, or room by room. */
export interface LettableUnit extends Archivable {
  readonly isUsedAdditionalExternalId?: boolean | null;
}

/** Whether a unit can be let: it is let whole, or has no room. Archived rooms count as rooms; blocks do not count. */
export function isLettableUnit(unit: LettableUnit, hasRooms: boolean): boolean {
  return unit.isArchived !== true && (unit.isUsedAdditionalExternalId === true || !hasRooms);
}

/** Whether a room can be let: neither it nor its unit is archived, and the unit is not let whole. */
export function isLettableRoom(room: Archivable, unit: LettableUnit | undefined): boolean {
  return room.isArchived !== true && unit?.isArchived !== true && unit?.isUsedAdditionalExternalId !== true;
}
