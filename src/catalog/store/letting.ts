import type { CachedRecord } from "./cached-record.ts";
import type { KnownFields } from "./kind.ts";

/** Whether a record is an apartment let whole, so that Alma finds it by its additional Bitrix id (Alma: Apartments). */
export function isLetWhole({ kind, value }: CachedRecord): boolean {
  return kind === "unit" && (value as KnownFields<"unit">).isUsedAdditionalExternalId === true;
}

/** Whether a record is an apartment that is let whole in place of a Bitrix unit (Alma: Apartments, Rental object). */
export function isRepresentativeOf(record: CachedRecord, bitrixUnitId: string): boolean {
  return isLetWhole(record) && (record.value as KnownFields<"unit">).additionalExternalId === bitrixUnitId;
}
