/** What of a unit decides whether it can be let, and how: as a whole, or room by room. Alma: Apartments, Units. */
export interface LettableUnit {
  readonly isArchived?: boolean | null;
  readonly isUsedAdditionalExternalId?: boolean | null;
}

/** Whether a unit can be let: it is let whole, or has no room. Archived rooms count as rooms; blocks do not count. */
export function isLettableUnit(unit: LettableUnit, hasRooms: boolean): boolean {
  return unit.isArchived !== true && (unit.isUsedAdditionalExternalId === true || !hasRooms);
}

/** Whether a room can be let: neither it nor its unit is archived, and the unit is not let whole. */
export function isLettableRoom(
  room: Pick<LettableUnit, "isArchived">,
  unit: LettableUnit | undefined,
): boolean {
  return room.isArchived !== true && unit?.isArchived !== true && unit?.isUsedAdditionalExternalId !== true;
}
