import { type CachedRecord, isLetWhole, type KnownFields } from "../../catalog/index.ts";
import type { DatedContract } from "../rent/rent.ts";
import { type ArgumentPath, inputPath } from "../write/user-error.ts";
import type { InputFields, Target, Write, WriteRule } from "../write/write.ts";
import { describeConflictingContracts } from "./conflicting-contracts.ts";
import { confirmExists } from "./input-refs.ts";

/**
 * Adds a user error if the unit is let as a whole: its Bitrix unit must not become a room (Alma: Units,
 * POST).
 */
export async function refuseWholeLet(
  write: Write,
  { id, record }: Target,
  path: ArgumentPath,
): Promise<void> {
  const unit = await write.read(record ?? write.context.catalog.store.getOrCreate("unit", id));
  if (!unit) {
    write.addUserError(
      "NOT_FOUND",
      path,
      `Alma has no unit with the Alma id ${id}. Correct it, or create the unit first.`,
    );
    return;
  }
  if (isLetWhole(unit)) write.addUserError("WHOLE_LET_UNIT", path, describeWholeLet(unit));
}

/** Explains why a unit can have no rooms, and what to do instead. */
export function describeWholeLet({ key }: CachedRecord): string {
  return (
    `${key} is let as a whole, so it cannot have rooms in Alma. Instead of creating a room, set its ` +
    "additionalExternalId to the id of its unit in Bitrix (with isUsedAdditionalExternalId: true); rentalObject then " +
    "finds it by that id. If it is let room by room after all, set isUsedAdditionalExternalId: false first."
  );
}

/**
 * Adds a user error for a room: owner contracts are on units only (Alma: Contracts, owner_contracts POST).
 */
export async function refuseRoom(write: Write, target: Target, path: ArgumentPath): Promise<void> {
  const rentalObject = target.record ?? (await confirmExists(write, target));
  if (!rentalObject) {
    write.addUserError("NOT_FOUND", path, `Alma has no unit with the Alma id ${target.id}. Correct it.`);
  } else if (rentalObject.kind === "room") {
    const message = `${rentalObject.key} is a room, and an owner contract is made on a unit. Give the unit that the room is in.`;
    write.addUserError("OWNER_CONTRACT_NEEDS_UNIT", path, message);
  }
}

/** The fields that an overlap concerns. The error is reported for the first one in the input. */
export const overlapFields: readonly string[] = ["startDate", "endDate", "rentalObject"];

/** Returns the sent field for which an overlap is reported; undefined for the whole write. */
export const overlapField = (fields: InputFields): string | undefined =>
  overlapFields.find((name) => fields[name] != null);

/**
 * Merges the fields of a write over those of the existing record. The `rentalObject` of a contract comes from
 * its usage.
 */
export function mergeFields(fields: InputFields, existing: CachedRecord | undefined): InputFields {
  const { value = {} } = existing ?? {};
  const { unitUsage } = value as KnownFields<"tenantContract">;
  return { ...value, ...(unitUsage && { rentalObject: unitUsage.unitId }), ...fields };
}

/**
 * Describes other tenant contracts on the same rental object that overlap a contract with these merged fields (Alma:
 * Contracts, tenant_contracts). `existing` is the contract that an update changes.
 */
export async function findOverlap(write: Write, fields: InputFields, existing: CachedRecord | undefined) {
  const { rentalObject } = fields;
  if (typeof rentalObject !== "number") return undefined;
  const { store } = write.context.catalog;
  // Of a record of unknown kind, only the id is used.
  const target = store.findRentalObject(rentalObject) ?? store.getOrCreate("room", rentalObject);
  const conflicts = await describeConflictingContracts(write, target, fields as DatedContract, existing?.id);
  if (!conflicts) return undefined;
  const message = `The dates overlap with other contracts on the same rental object: ${conflicts}.`;
  return { conflicts, message };
}

/** Adds a user error if other tenant contracts overlap. */
export const predictOverlap: WriteRule = async (write, fields, existing) => {
  if (!overlapFields.some((name) => name in fields)) return;
  const overlap = await findOverlap(write, mergeFields(fields, existing), existing);
  if (!overlap) return;
  const path = inputPath([overlapField(fields)]);
  write.addUserError("OVERLAP", path, `${overlap.message} Choose other dates.`);
};
