import type { KnownFields } from "../../catalog/index.ts";
import type { FilterTable } from "../argument/filter.ts";
import { customFilter, refFilter } from "../argument/filter-field.ts";
import { type Column, createColumnFactories } from "../column/column.ts";
import { anyOf } from "../column/predicate.ts";
import type { ComputedField } from "../record/computed-field.ts";
import type { FilterContext, RelationFilter } from "../record/connection-spec.ts";
import { missingRecordError } from "../record/record-view.ts";
import { selectedLevel } from "../record/required-level.ts";
import { type ContractKind, type ContractState, stateOn } from "./contract-state.ts";
import { isInState } from "./contract-state-filter.ts";

type Contract = {
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly unitUsage: {
    readonly unitId: number | null;
    readonly clientId: number | null;
    readonly isArchived: boolean | null;
  } | null;
};
const column = createColumnFactories<Contract>();

/** The fields that decide the state of a contract. */
const STATE_FIELDS = ["startDate", "endDate", "unitUsage"] as const;

/**
 * The unit or room of a contract (Alma: Contracts, `unit_usage`). The id does not say which of the two it is: an
 * unknown object is read at the level that the selection needs.
 */
const rentalObject: ComputedField<ContractKind> = {
  requiredFields: ["unitUsage"],
  resolve: (view, _args, context, info) => {
    const usage = view.getField("unitUsage") as Contract["unitUsage"];
    const id = usage?.unitId ?? null;
    if (id === null) return null;
    const cached = context.findRentalObject(id);
    if (cached) {
      const target = context.viewOf(cached, view.cutoff);
      if (!target.hasDetail)
        target.expectLevel(selectedLevel(info, [cached.kind], context.settings.requiredFields));
      return target;
    }
    const record = { rentalObject: id };
    const level = selectedLevel(info, ["unit", "room"], context.settings.requiredFields);
    return context.load({ record, level, cutoff: view.cutoff }).then((cached) => {
      if (!cached) throw missingRecordError(`unit or room ${id}`);
      return context.viewOf(cached, view.cutoff);
    });
  },
};

/** The computed fields that both kinds of contracts share. Alma: Contracts. */
export const contractFields = {
  isArchived: {
    requiredFields: ["unitUsage"],
    resolve: (view) => (view.getField("unitUsage") as Contract["unitUsage"])?.isArchived ?? null,
  } satisfies ComputedField<ContractKind>,
  rentalObject,
  state: {
    requiredFields: STATE_FIELDS,
    resolve: (view, { on }, context) => {
      // An unreadable field makes the state unknown; null there would give another state.
      view.assertReadable(STATE_FIELDS);
      return stateOn(view.value, on ?? context.today);
    },
  } satisfies ComputedField<ContractKind, { readonly on?: string | null }>,
};

/** The name in `requiredFields` for the building of a contract's rental object, which is a field of that object. */
const BUILDING_FIELD = "rentalObject.building";

/** The relation that the filter `building` follows. */
export const relationFilters: Readonly<Record<string, RelationFilter>> = {
  [BUILDING_FIELD]: {
    kinds: ["unit", "room"],
    relation: "rentalObject",
    field: "building",
  },
};

const unitId = column.int("unitUsage", "unitId");
const startDate = column.date("startDate");
const endDate = column.date("endDate");
const isArchived = column.boolean("unitUsage", "isArchived");
const stateColumns = { startDate, endDate, isArchived };

/** The building is a field of another record, so that it is read anew each time. */
function buildingColumn(context: FilterContext): Column<number> {
  return {
    requiredFields: ["unitUsage", BUILDING_FIELD],
    comparison: unitId.comparison,
    read: (row) => {
      const id = unitId.read(row);
      const value = id === null ? undefined : context.findRentalObject(id)?.value;
      return (value as KnownFields<"unit"> | undefined)?.building?.id ?? null;
    },
  };
}

/** The filters that both kinds of contracts share. The rental object of an owner contract is a unit. */
export function contractFilters(context: FilterContext, kind: ContractKind) {
  return {
    startDate,
    endDate,
    isArchived,
    client: refFilter(column.int("unitUsage", "clientId"), ["Client"]),
    rentalObject: refFilter(unitId, ["Unit", "Room"], kind === "ownerContract"),
    building: refFilter(buildingColumn(context), ["Building"]),
    state: customFilter<readonly ContractState[]>(Object.values(stateColumns), (states) =>
      anyOf(states.map((state) => isInState(stateColumns, state, context.today))),
    ),
    activeOn: customFilter<string>(Object.values(stateColumns), (day) =>
      isInState(stateColumns, "ACTIVE", day),
    ),
  } satisfies FilterTable;
}
