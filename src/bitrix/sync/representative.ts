import { type CachedRecord, isArchived, isRepresentativeOf } from "../../catalog/index.ts";
import type { SyncContext } from "./context.ts";
import type { SyncError } from "./sync-error.ts";

/**
 * What stands for a Bitrix unit in Alma already, where an apartment that is let whole is to stand for it: another
 * apartment, or a room of its own that is not archived (Alma: Rental object). Throws AlmaError.
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
  // A unit that has this id as its own is an apartment of Bitrix: those are numbered apart.
  return record && isRepresentativeOf(record, unit) ? record : undefined;
}

/** Why an apartment cannot stand for a Bitrix unit for which something else stands. */
export function otherRepresentativeError(unit: string, { kind, key }: CachedRecord): SyncError {
  const message =
    kind === "room"
      ? `${unit} belongs to an apartment that is let whole, and exists in Alma as ${key} all the same, so that Alma refuses ` +
        "contracts on either. Move its contracts to the apartment (updateTenantContract), archive that room (archiveRoom " +
        "with dryRun shows what would go with it), and send the items again."
      : `${unit} belongs to an apartment that is let whole, but so far ${key} stands for it: it could be found in one only. ` +
        `If it has moved, clear additionalExternalId of ${key} by updateUnit; else correct the links in Bitrix.`;
  return { code: "WHOLE_LET_UNIT", message: message.charAt(0).toUpperCase() + message.slice(1) };
}
