import type { CachedRecord } from "./cached-record.ts";
import type { KnownFields } from "./kind.ts";

/** Whether a record is archived, by its detail. Alma shows that for all kinds but clients. */
export function isArchived({ value }: CachedRecord): boolean {
  const { isArchived: archived, unitUsage } = value as KnownFields<"unit"> & KnownFields<"tenantContract">;
  return archived === true || unitUsage?.isArchived === true;
}
