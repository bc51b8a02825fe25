import { isSameExternalId } from "../../alma/index.ts";
import type { CachedRecord } from "./cached-record.ts";
import type { KnownFields } from "./kind.ts";

/** Whether a record is archived, by its detail. Alma shows this for all kinds but clients. */
export function isArchived({ value }: CachedRecord): boolean {
  const { isArchived: archived, unitUsage } = value as KnownFields<"unit"> & KnownFields<"tenantContract">;
  return archived === true || unitUsage?.isArchived === true;
}

/** Whether a record is a unit let whole, which Alma finds by its additional Bitrix id too (Alma: Apartments). */
export function isLetWhole({ kind, value }: CachedRecord): boolean {
  return kind === "unit" && (value as KnownFields<"unit">).isUsedAdditionalExternalId === true;
}

/** Whether a record is the unit let whole that represents a Bitrix unit (Alma: Apartments, Rental object). */
export function isRepresentativeOf(record: CachedRecord, bitrixUnitId: string): boolean {
  const { additionalExternalId } = record.value as KnownFields<"unit">;
  return isLetWhole(record) && isSameExternalId(additionalExternalId, bitrixUnitId);
}

/** Whether a unit or room has a Bitrix id as its own, or is the unit let whole that represents it. */
export function answersTo(record: CachedRecord, externalId: string): boolean {
  return isSameExternalId(record.value.externalId, externalId) || isRepresentativeOf(record, externalId);
}
