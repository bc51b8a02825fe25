import { isSameExternalId } from "../../alma/index.ts";
import { type CachedRecord, isArchived, isRepresentativeOf, type KnownFields } from "../../catalog/index.ts";
import { createContractSearch } from "../letting/contract-search.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { Write, WriteRule } from "../write/write.ts";
import { joinFirst } from "./conflicting-contracts.ts";
import { describeWholeLet } from "./write-rules.ts";

/**
 * Adds a user error if an update assigns to a room the Bitrix id that a unit let as a whole represents (Alma:
 * Units, POST).
 */
export const refuseRepresentedId: WriteRule = async (write, { externalId, parentUnit }, existing) => {
  if (!existing || typeof externalId !== "string") return;
  const unit = await findRepresentative(write.readContext, externalId, write.cutoff);
  const room = unit && (await write.read(existing));
  if (!unit || isSameExternalId(room?.value.externalId, externalId)) return;
  const parentId = parentUnit ?? (room?.value as KnownFields<"room"> | undefined)?.parentUnit?.id;
  write.addUserError(
    "WHOLE_LET_UNIT",
    ["input", "externalId"],
    describeRepresentedId(unit, externalId, parentId),
  );
};

/**
 * Adds a user error if a unit would be let as a whole although it has rooms, or would represent a Bitrix unit that is a
 * room or is represented by another unit: Alma would then refuse contracts, or find the wrong record (Alma: Units,
 * POST; Rental object). Archived rooms do not count. Does not refuse the current state. Throws AlmaError.
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
    `${unit.key} has rooms in Alma (${joinFirst(current)}), and a unit let as a whole can have none: Alma would refuse contracts on it or on ` +
    "them. Move their contracts to the unit (updateTenantContract), and archive the rooms first (archiveRoom; dryRun shows " +
    "what else would be archived permanently).";
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
    write.findByExternalId(bitrixUnitId, "room"),
    findRepresentative(readContext, bitrixUnitId, cutoff),
  ]);
  const currentRoom = room && (await write.read(room));
  const subject = `The Bitrix unit ${JSON.stringify(bitrixUnitId)}`;
  if (currentRoom && !isArchived(currentRoom)) {
    const message =
      `${subject} is ${currentRoom.key} in Alma, and cannot be let with a whole unit too: Alma would refuse contracts on ` +
      "either. If the unit is let as a whole, move the room's contracts to it (updateTenantContract) and archive the room " +
      "first (archiveRoom; dryRun shows what else would be archived permanently).";
    write.addUserError("WHOLE_LET_UNIT", path, message);
  } else if (unit && unit !== existing) {
    const message =
      `${subject} is the additionalExternalId of ${unit.key} already, and Alma finds it in one unit only. If it has moved, ` +
      `clear it there first (updateUnit of ${unit.key} with additionalExternalId: null).`;
    write.addUserError("WHOLE_LET_UNIT", path, message);
  }
}

/**
 * Finds the unit let as a whole that represents a Bitrix unit. Alma's lookup finds it, unless another record has the id
 * itself; a cached unit is then read again. Deciding values are read after `cutoff`. Throws AlmaError.
 */
export async function findRepresentative(
  context: GraphContext,
  externalId: string,
  cutoff = context.operation.namedCutoff,
) {
  const { catalog, operation } = context;
  const found = await catalog.lookUp(operation, "rentalObject", externalId, cutoff);
  for (const record of new Set([found.record, ...catalog.store.findRepresentatives(externalId)])) {
    const unit = record?.kind === "unit" && (await context.loadDetail(record, cutoff));
    if (unit && isRepresentativeOf(unit, externalId)) return unit;
  }
  return undefined;
}

/** Explains why a room cannot have a Bitrix id: it is the additional id of its own unit or of another. */
export function describeRepresentedId(unit: CachedRecord, externalId: string, parentId: unknown) {
  const subject = `The Bitrix id ${JSON.stringify(externalId)} is the additionalExternalId`;
  return unit.id === parentId
    ? `${subject} of a unit: ${describeWholeLet(unit)}`
    : `${subject} of ${unit.key}, which represents this Bitrix unit. If that has moved to the given parentUnit, ` +
        `clear it there first (updateUnit of ${unit.key} with additionalExternalId: null), then create the room.`;
}
