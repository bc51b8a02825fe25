import { compileCondition } from "../scan/condition.ts";
import { allOf, type Predicate } from "../scan/predicate.ts";
import { endDate, isArchived, startDate } from "./contract-column.ts";
import type { ContractState } from "./contract-state.ts";

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
