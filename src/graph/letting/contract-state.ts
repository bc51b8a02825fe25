import type { Records } from "../../alma/index.ts";
import { customFilter } from "../argument/filter.ts";
import type { DatedContract } from "../rent/rent.ts";
import { almaId, type Column, createColumnFactories } from "../scan/column.ts";
import { compileCondition } from "../scan/condition.ts";
import { allOf, type Predicate } from "../scan/predicate.ts";

/** The fields of a contract that decide which days of which object it covers. */
export const COVERAGE_FIELDS = ["startDate", "endDate", "unitUsage"] as const;

/** Columns of both kinds of contracts. */
const column =
  createColumnFactories<
    Pick<Records["ownerContract"], keyof Records["ownerContract"] & keyof Records["tenantContract"]>
  >();

export const clientId = column.int("unitUsage", "clientId");
export const unitId = column.int("unitUsage", "unitId");

export const startDate = column.date("startDate");
export const endDate = column.date("endDate");
export const archivedColumn = column.boolean("unitUsage", "isArchived");

export const externalId = column.externalId("externalId");
export const name = column.text("name");
export const number = column.text("number");

/** Orders of both kinds of contracts. */
export const contractOrders = {
  ALMA_ID: almaId,
  EXTERNAL_ID: externalId,
  NAME: name,
  NUMBER: number,
  START_DATE: startDate,
  END_DATE: endDate,
};

/** The columns that decide the state of a contract and the days it covers. */
export const stateColumns = [startDate, endDate, archivedColumn] as readonly Column[];

/** The kinds of contracts. */
export type ContractKind = "ownerContract" | "tenantContract";

/** The state of a contract on a day. */
export type ContractState = "PLANNED" | "ACTIVE" | "ENDED" | "ARCHIVED";

/**
 * Returns the state of a contract on a day, `YYYY-MM-DD`, which Alma does not report. The first and last day are
 * included. A contract without a start date has begun; one without an end date is open-ended.
 */
export function stateOn({ startDate, endDate, unitUsage }: DatedContract, day: string): ContractState {
  if (unitUsage?.isArchived === true) return "ARCHIVED";
  if (startDate != null && startDate > day) return "PLANNED";
  if (endDate != null && endDate < day) return "ENDED";
  return "ACTIVE";
}

/** Creates the condition that a contract is in a state on a day, by the rules of `stateOn`. */
export function statePredicate(state: ContractState, day: string): Predicate {
  const present = compileCondition(archivedColumn, "ne", true);
  const hasStarted = compileCondition(startDate, "notGt", day);
  switch (state) {
    case "ARCHIVED":
      return compileCondition(archivedColumn, "eq", true);
    case "PLANNED":
      return allOf([present, compileCondition(startDate, "gt", day)]);
    case "ENDED":
      return allOf([present, compileCondition(endDate, "lt", day), hasStarted]);
    case "ACTIVE":
      return allOf([present, hasStarted, compileCondition(endDate, "notLt", day)]);
  }
}

/** The filter of contracts that cover a day. */
export const activeOn = customFilter<string>(stateColumns, (day) => statePredicate("ACTIVE", day));
