import type { Entry } from "./entry.ts";
import type { Known } from "./kind.ts";

/** Whether a record is archived, as its detail says. Alma shows it of all but clients. */
export function isArchived({ value }: Entry): boolean {
  const { isArchived: archived, unitUsage } = value as Known<"unit"> & Known<"tenantContract">;
  return archived === true || unitUsage?.isArchived === true;
}
