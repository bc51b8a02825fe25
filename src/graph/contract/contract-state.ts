import type { DatedContract } from "../rent/coverage.ts";
import { compileCondition } from "../scan/condition.ts";
import { allOf, type Predicate } from "../scan/predicate.ts";
import { endDate, isArchived, startDate } from "./contract-column.ts";

/** The kinds of contracts, which share most of their fields. */
export type ContractKind = "ownerContract" | "tenantContract";

/** The state of a contract on a day. */
export type ContractState = "PLANNED" | "ACTIVE" | "ENDED" | "ARCHIVED";

/**
 * A contract's state on a day, `YYYY-MM-DD`. Alma answers dates and the archived flag, but no state. The first and the
 * last day belong to the contract. A contract without a start has begun; a contract without an end is open.
 */
export function stateOn({ startDate, endDate, unitUsage }: DatedContract, day: string): ContractState {
  if (unitUsage?.isArchived === true) return "ARCHIVED";
  if (startDate != null && startDate > day) return "PLANNED";
  if (endDate != null && endDate < day) return "ENDED";
  return "ACTIVE";
}

/** The condition that a contract is in a state on a day, `YYYY-MM-DD`: the same rules as those of `stateOn`. */
export function isInState(state: ContractState, day: string): Predicate {
  const present = compileCondition(isArchived, "ne", true);
  const hasStarted = compileCondition(startDate, "notGt", day);
  switch (state) {
    case "ARCHIVED":
      return compileCondition(isArchived, "eq", true);
    case "PLANNED":
      return allOf([present, compileCondition(startDate, "gt", day)]);
    case "ENDED":
      return allOf([present, compileCondition(endDate, "lt", day), hasStarted]);
    case "ACTIVE":
      return allOf([present, hasStarted, compileCondition(endDate, "notLt", day)]);
  }
}
