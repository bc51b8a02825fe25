import { isSameExternalId } from "../../alma/index.ts";
import { type CachedRecord, isArchived, type KnownFields } from "../../catalog/index.ts";
import { createContractSearch } from "../contract/contract-search.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { WriteRule } from "../write/write-spec.ts";
import { nameFew } from "./conflicting-contracts.ts";
import { describeTakenId, findRepresentative } from "./identity.ts";

/**
 * Adds a user error if an update gives a record a Bitrix id that another of its kind has, archived or not: of two with
 * one id, the second would never be found again. Throws AlmaError.
 */
export async function refuseTakenId(
  write: Write,
  record: CachedRecord,
  { externalId }: InputFields,
): Promise<void> {
  if (typeof externalId !== "string") return;
  const owner = await write.lookUp(externalId);
  // A record that shares its id with another already may be sent with that id.
  if (!owner || owner === record || (await write.read(record))?.value.externalId === externalId) return;
  const state = isArchived(owner) ? ", which is archived," : "";
  const message = `${owner.key}${state} has this externalId already, so that nothing was changed. Give that one another id first, or use it.`;
  write.addUserError("NOT_UNIQUE", ["input", "externalId"], message);
}

/** Adds a user error if an update gives a room the Bitrix id that a unit let whole represents (Alma: Units, POST). */
export const refuseRepresentedId: WriteRule = async (write, { externalId, parentUnit }, existing) => {
  if (!existing || typeof externalId !== "string") return;
  const unit = await findRepresentative(write.readContext, externalId, write.cutoff);
  const room = unit && (await write.read(existing));
  if (!unit || isSameExternalId(room?.value.externalId, externalId)) return;
  const parentId = parentUnit ?? (room?.value as KnownFields<"room"> | undefined)?.parentUnit?.id;
  write.addUserError("WHOLE_LET_UNIT", ["input", "externalId"], describeTakenId(unit, externalId, parentId));
};

/**
 * Adds a user error if a unit would be let whole although it has rooms, or would represent a Bitrix unit that is a room
 * or that another unit represents: Alma then refuses contracts, or finds the wrong record (Alma: Units, POST; Rental
 * object). Archived rooms do not count. What Alma has already is not refused again. Throws AlmaError.
 */
export const refuseConflictingLetting: WriteRule = async (
  write,
  { isUsedAdditionalExternalId, additionalExternalId },
  existing,
) => {
  if (isUsedAdditionalExternalId === undefined && additionalExternalId === undefined) return;
  const before = existing && (await write.read(existing))?.value;
  const wasLetWhole = before?.isUsedAdditionalExternalId === true;
  const isLetWhole =
    isUsedAdditionalExternalId === undefined ? wasLetWhole : isUsedAdditionalExternalId === true;
  if (!isLetWhole) return;
  if (existing && !wasLetWhole) await refuseRooms(write, existing);
  const representedId =
    additionalExternalId === undefined ? before?.additionalExternalId : additionalExternalId;
  if (typeof representedId !== "string" || representedId === "") return;
  if (wasLetWhole && isSameExternalId(before?.additionalExternalId, representedId)) return;
  const field = additionalExternalId === undefined ? "isUsedAdditionalExternalId" : "additionalExternalId";
  await refuseOtherRepresentative(write, representedId, existing, ["input", field]);
};

async function refuseRooms(write: Write, unit: CachedRecord) {
  const { readContext, dryRun } = write;
  const search = createContractSearch(readContext, dryRun ? undefined : readContext.operation.startedAt);
  const { rooms } = await search.findRooms(unit);
  const current = rooms.filter((room) => !isArchived(room)).map(({ key }) => key);
  if (current.length === 0) return;
  const message =
    `${unit.key} has rooms in Alma (${nameFew(current)}), and a unit let whole can have none: Alma would refuse contracts on it or on ` +
    "them. Move their contracts to the unit (updateTenantContract), and archive the rooms first (archiveRoom; dryRun shows " +
    "what would go with each for good).";
  write.addUserError("WHOLE_LET_UNIT", ["input", "isUsedAdditionalExternalId"], message);
}

async function refuseOtherRepresentative(
  write: Write,
  bitrixUnitId: string,
  existing: CachedRecord | undefined,
  path: readonly string[],
) {
  const { readContext, cutoff } = write;
  const [room, unit] = await Promise.all([
    write.lookUp(bitrixUnitId, "room"),
    findRepresentative(readContext, bitrixUnitId, cutoff),
  ]);
  const currentRoom = room && (await write.read(room));
  const subject = `The Bitrix unit ${JSON.stringify(bitrixUnitId)}`;
  if (currentRoom && !isArchived(currentRoom)) {
    const message =
      `${subject} is ${currentRoom.key} in Alma, and cannot be let with a whole unit too: Alma would refuse contracts on ` +
      "either. If the unit is let whole, move the room's contracts to it (updateTenantContract) and archive the room " +
      "first (archiveRoom; dryRun shows what would go with it for good).";
    write.addUserError("WHOLE_LET_UNIT", path, message);
  } else if (unit && unit !== existing) {
    const message =
      `${subject} is the additionalExternalId of ${unit.key} already, and Alma finds it in one unit only. If it has moved, ` +
      `clear it there first (updateUnit of ${unit.key} with additionalExternalId: null).`;
    write.addUserError("WHOLE_LET_UNIT", path, message);
  }
}
