import { isSameExternalId } from "../../../alma/index.ts";
import { type CachedRecord, isArchived, isRepresentativeOf } from "../../../catalog/index.ts";
import type { ItemError } from "../item/mapped-item.ts";
import type { SyncContext } from "../task/context.ts";

/**
 * Returns whether a record represents a Bitrix unit, so that the unit's tenant contracts are on it: the room with its
 * id, or the unit let as a whole with its id as additional external id (Alma: Apartments, POST; Rental object). A unit
 * with this id as its own external id does not represent it: that is a Bitrix apartment, and Bitrix numbers apartments
 * and units separately.
 */
export function represents(record: CachedRecord, unit: string): boolean {
  return record.kind === "room"
    ? isSameExternalId(record.value.externalId, unit)
    : isRepresentativeOf(record, unit);
}

/** The records in Alma that may match a Bitrix unit. */
interface RepresentativeSearch {
  readonly representative?: CachedRecord;
  /** If there is no representative: the apartment with the unit's number. */
  readonly namesake?: CachedRecord;
}

/** Finds the representative of a Bitrix unit, preferably one that is not archived. Throws AlmaError. */
export async function findRepresentative(
  unit: string,
  { finder }: SyncContext,
): Promise<RepresentativeSearch> {
  const answer = await finder.findRentalObject(unit);
  const found = answer && (await finder.read(answer));
  const isFound = found !== undefined && represents(found, unit);
  if (isFound && !isArchived(found)) return { representative: found };
  // Alma does not document which of several records its lookup prefers, and whether it finds archived ones. The room's
  // path finds only rooms.
  const room = await finder.findOrLookUp("room", unit);
  const representative = room && represents(room, unit) ? room : isFound ? found : undefined;
  if (representative) return { representative };
  return found?.kind === "unit" && isSameExternalId(found.value.externalId, unit) ? { namesake: found } : {};
}

/**
 * Finds a representative other than `apartment`, which is about to become one: another apartment's unit, or a room that
 * is not archived. Throws AlmaError.
 */
export async function findOtherRepresentative(
  unit: string,
  apartment: CachedRecord | undefined,
  { finder }: SyncContext,
): Promise<CachedRecord | undefined> {
  const existing = await finder.findRentalObject(unit);
  if (!existing || existing === apartment) return undefined;
  const record = await finder.read(existing);
  if (record?.kind === "room" && isArchived(record)) return undefined;
  return record && represents(record, unit) ? record : undefined;
}

/** Creates the error of an apartment whose Bitrix unit has another representative. */
export function otherRepresentativeError(unit: string, { kind, key }: CachedRecord): ItemError {
  const message =
    kind === "room"
      ? `${unit} belongs to an apartment that is let as a whole, and also exists in Alma as ${key}, so Alma refuses ` +
        "contracts on either. Move its contracts to the apartment (updateTenantContract), archive that room (archiveRoom " +
        "with dryRun shows what else would be archived), and send the items again."
      : `${unit} belongs to an apartment that is let as a whole, but ${key} already represents it, and Alma finds it in one record ` +
        `only. If it has moved, clear additionalExternalId of ${key} by updateUnit; else correct the links in Bitrix.`;
  return { code: "WHOLE_LET_UNIT", message: message.charAt(0).toUpperCase() + message.slice(1) };
}
