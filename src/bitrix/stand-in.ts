import { type Entry, isArchived, standsFor } from "../catalog/index.ts";
import type { SyncError } from "./sync-error.ts";
import type { SyncTools } from "./sync-tools.ts";

/**
 * What stands for a Bitrix unit in Alma already, where an apartment that is let whole is to stand for it: another
 * apartment, or a room of its own that is not archived (Alma: Rental object). Throws AlmaError.
 */
export async function standIn(
  unit: string,
  apartment: Entry | undefined,
  { finder }: SyncTools,
): Promise<Entry | undefined> {
  const found = await finder.rentalObject(unit);
  if (!found || found === apartment) return undefined;
  const record = await finder.read(found);
  if (record?.kind === "room") return isArchived(record) ? undefined : record;
  // A unit that has this id as its own is an apartment of Bitrix: those are numbered apart.
  return record && standsFor(record, unit) ? record : undefined;
}

/** Why an apartment cannot stand for a Bitrix unit for which something else stands. */
export function occupied(unit: string, { kind, key }: Entry): SyncError {
  const message =
    kind === "room"
      ? `${unit} belongs to an apartment that is let whole, and exists in Alma as ${key} all the same, so that Alma refuses ` +
        "contracts on either. Move its contracts to the apartment (updateTenantContract), archive that room (archiveRoom " +
        "with dryRun shows what would go with it), and send the items again."
      : `${unit} belongs to an apartment that is let whole, but so far ${key} stands for it: it could be found in one only. ` +
        `If it has moved, clear additionalExternalId of ${key} by updateUnit; else correct the links in Bitrix.`;
  return { code: "WHOLE_LET_UNIT", message: message.charAt(0).toUpperCase() + message.slice(1) };
}
