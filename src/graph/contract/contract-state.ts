import type { Records } from "../../alma/index.ts";
import type { DatedContract } from "../rent/rent.ts";
import { almaId, type Column, createColumnFactories } from "../scan/column.ts";
import { compileCondition } from "../scan/condition.ts";
import { allOf, type Predicate } from "../scan/predicate.ts";

/** The columns of the fields that both kinds of contracts have in common. */
const column =
  createColumnFactories<
    Pick<Records["ownerContract"], keyof Records["ownerContract"] & keyof Records["tenantContract"]>
  >();

/** The Alma ids of a contract's client, and of its unit or room. */
export const clientId = column.int("unitUsage", "clientId");
export const unitId = column.int("unitUsage", "unitId");

/** Its first day and its last, and whether it is archived. */
export const startDate = column.date("startDate");
export const endDate = column.date("endDate");
export const isArchived = column.boolean("unitUsage", "isArchived");

export const externalId = column.externalId("externalId");
export const name = column.text("name");
export const number = column.text("number");

/** The orders that both kinds of contracts share. */
export const contractOrders = {
  ALMA_ID: almaId,
  EXTERNAL_ID: externalId,
  NAME: name,
  NUMBER: number,
  START_DATE: startDate,
  END_DATE: endDate,
};

/** The columns that decide the state of a contract of either kind, and which days it covers. */
export const stateColumns = [startDate, endDate, isArchived] as readonly Column[];

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
