import { type CachedRecord, isArchived, isRepresentativeOf } from "../../catalog/index.ts";
import type { SyncContext } from "./context.ts";
import type { SyncError } from "./sync-error.ts";

/**
 * The representative of a Bitrix unit is the Alma record of its tenant contracts: usually a room. If its apartment is
 * let whole, it is the apartment's unit, whose additional external id is the Bitrix unit's id (Alma: Apartments, POST;
 * Rental object).
 *
 * Finds a representative other than `apartment`, which is to become it: another apartment's unit, or a room that is not
 * archived. Throws AlmaError.
 */
export async function findOtherRepresentative(
  unit: string,
  apartment: CachedRecord | undefined,
  { finder }: SyncContext,
): Promise<CachedRecord | undefined> {
  const existing = await finder.findRentalObject(unit);
  if (!existing || existing === apartment) return undefined;
  const record = await finder.read(existing);
  if (record?.kind === "room") return isArchived(record) ? undefined : record;
  // A unit with this id as its own external id is a Bitrix apartment; Bitrix numbers apartments and units separately.
  return record && isRepresentativeOf(record, unit) ? record : undefined;
}

/** The error of an apartment whose Bitrix unit has another representative. */
export function otherRepresentativeError(unit: string, { kind, key }: CachedRecord): SyncError {
  const message =
    kind === "room"
      ? `${unit} belongs to an apartment that is let whole, and also exists in Alma as ${key}, so that Alma refuses ` +
        "contracts on either. Move its contracts to the apartment (updateTenantContract), archive that room (archiveRoom " +
        "with dryRun shows what would go with it), and send the items again."
      : `${unit} belongs to an apartment that is let whole, but ${key} already represents it, and Alma finds it in one record ` +
        `only. If it has moved, clear additionalExternalId of ${key} by updateUnit; else correct the links in Bitrix.`;
  return { code: "WHOLE_LET_UNIT", message: message.charAt(0).toUpperCase() + message.slice(1) };
}
