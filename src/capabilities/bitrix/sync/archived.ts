import { type CachedRecord, isArchived, kindDefinitions } from "../../../catalog/index.ts";
import type { ItemError } from "../item/mapped-item.ts";

/** Returns whether a record is an archived unit or room. */
export function isArchivedObject(record: CachedRecord): boolean {
  return (record.kind === "unit" || record.kind === "room") && isArchived(record);
}

const unarchiveMutation = ({ kind }: CachedRecord) => `unarchive${kindDefinitions[kind].typeName}`;

/**
 * Creates the error of an item that belongs to an archived unit or room: archiving the unit or room archived everything
 * on it (Alma: Apartments and Units, PATCH archive). `beginning`: the start of the message, with the item.
 */
export function archivedParentError(beginning: string, record: CachedRecord): ItemError {
  const message =
    `${beginning}, which is ${record.key} in Alma and is archived there. Unarchive it by ${unarchiveMutation(record)} (with ` +
    "dryRun: true, `impact` shows what else comes back) and send the items again, or correct the link in Bitrix.";
  return { code: "ARCHIVED", message };
}

/** Creates the warning of an item whose unit or room is archived. */
export function archivedWarning(record: CachedRecord): ItemError {
  const message =
    `${record.key} is archived in Alma, so it can have no new contracts. To let it again, unarchive it by ` +
    `${unarchiveMutation(record)}; with dryRun: true, \`impact\` shows what else comes back.`;
  return { code: "ARCHIVED", message };
}
