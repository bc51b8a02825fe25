import type { KnownFields } from "../../catalog/index.ts";
import {
  customFilter,
  type FilterField,
  type FilterTable,
  linkFilter,
  refFilter,
} from "../argument/filter.ts";
import { type PeriodArgs, parsePeriod } from "../argument/period.ts";
import { type ComputedField, followTo } from "../resolver/computed-field.ts";
import { type FilterContext, linkTarget } from "../resolver/connection-spec.ts";
import type { RecordView } from "../resolver/record-view.ts";
import { almaId } from "../scan/column.ts";
import { compileCondition, isInOrder } from "../scan/condition.ts";
import { allOf, anyOf } from "../scan/predicate.ts";
import {
  activeOn,
  archivedColumn,
  COVERAGE_FIELDS,
  type ContractKind,
  type ContractState,
  clientId,
  endDate,
  externalId,
  name,
  number,
  startDate,
  stateColumns,
  stateOn,
  statePredicate,
  unitId,
} from "./contract-state.ts";
import type { DayArgs } from "./current-contract.ts";

const usageOf = (view: Pick<RecordView, "getField">) =>
  view.getField("unitUsage") as KnownFields<ContractKind>["unitUsage"];

/** The unit of an owner contract, or null if Alma shows a known room. */
export const ownedUnitField: ComputedField<"ownerContract"> = {
  requiredFields: ["unitUsage"],
  resolve: (view, _args, context, info) => {
    const id = usageOf(view)?.unitId ?? null;
    if (id === null || context.findRentalObject(id)?.kind === "room") return null;
    return followTo(context, info, ["unit"], id, view.cutoff);
  },
};

/** Computed fields of both kinds of contracts. Alma: Contracts. */
export const contractFields = {
  isArchived: {
    requiredFields: ["unitUsage"],
    resolve: (view) => usageOf(view)?.isArchived ?? null,
  } satisfies ComputedField<ContractKind>,
  state: {
    requiredFields: COVERAGE_FIELDS,
    resolve: (view, { on }, context) => {
      // If a field is unreadable, the state is unknown; treating it as null would give a wrong state.
      view.assertReadable(COVERAGE_FIELDS);
      return stateOn(view.value, on ?? context.today);
    },
  } satisfies ComputedField<ContractKind, DayArgs>,
};

/** Selects contracts that cover a day of a period, by the rules of `coverageOf`. */
const activeBetween: FilterField = (input, argument, compilation) => {
  const { from, to } = input as PeriodArgs;
  parsePeriod({ from, to }, `${argument}.`);
  for (const one of stateColumns) compilation.columns.add(one);
  return allOf([
    compileCondition(archivedColumn, "ne", true),
    compileCondition(startDate, "notGt", to),
    compileCondition(endDate, "notLt", from),
    isInOrder(startDate, endDate),
  ]);
};

/** Filters of both kinds of contracts. The rental object of an owner contract is a unit. */
export function contractFilters(context: FilterContext, kind: ContractKind) {
  const rentalObjects = linkTarget(context, "rentalObject");
  return {
    almaId,
    externalId,
    name,
    number,
    startDate,
    endDate,
    isArchived: archivedColumn,
    client: refFilter(clientId, ["Client"]),
    clientWhere: linkFilter(clientId, "client", linkTarget(context, "client")),
    rentalObject: refFilter(unitId, ["Unit", "Room"], kind === "ownerContract"),
    rentalObjectWhere: linkFilter(unitId, "rentalObject", rentalObjects),
    building: linkFilter(unitId, "rentalObject", rentalObjects, "building"),
    buildingWhere: linkFilter(unitId, "rentalObject", rentalObjects, "buildingWhere"),
    state: customFilter<readonly ContractState[]>(stateColumns, (states) =>
      anyOf(states.map((state) => statePredicate(state, context.today))),
    ),
    activeOn,
    activeBetween,
  } satisfies FilterTable;
}
