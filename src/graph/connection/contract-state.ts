import type { KnownFields } from "../../catalog/index.ts";

/** The kinds of contracts, which have most of their fields in common. */
export type ContractKind = "ownerContract" | "tenantContract";

/** Where a contract stands on a day. */
export type ContractState = "PLANNED" | "ACTIVE" | "ENDED" | "ARCHIVED";

type Contract = KnownFields<"ownerContract"> | KnownFields<"tenantContract">;

/**
 * Works out a contract's state on a day, `YYYY-MM-DD`: both its first and its last day belong to it, a missing start
 * has begun, a missing end is open. Alma gives dates and the archived flag, but no such state.
 */
export function stateOn({ startDate, endDate, unitUsage }: Contract, day: string): ContractState {
  if (unitUsage?.isArchived === true) return "ARCHIVED";
  if (startDate != null && startDate > day) return "PLANNED";
  if (endDate != null && endDate < day) return "ENDED";
  return "ACTIVE";
}
