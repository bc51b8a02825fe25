import type { CachedRecord } from "./cached-record.ts";
import type { KnownFields } from "./kind.ts";

/** Whether a record is archived, as its detail says. Alma shows it of all but clients. */
export function isArchived({ value }: CachedRecord): boolean {
  const { isArchived: archived, unitUsage } = value as KnownFields<"unit"> & KnownFields<"tenantContract">;
  return archived === true || unitUsage?.isArchived === true;
}
