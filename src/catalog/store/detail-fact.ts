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
  return isLetWhole(record) && (record.value as KnownFields<"unit">).additionalExternalId === bitrixUnitId;
}
