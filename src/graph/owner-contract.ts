import type { Records } from "../alma/index.ts";
import { textSearch } from "./argument/filter.ts";
import { defineGraphKind } from "./graph-kind.ts";
import { contractGroups, contractKeys, linkedOrders } from "./group/contract-group.ts";
import { daysOf } from "./group/group-number.ts";
import { dayKey, valueKey } from "./group/key.ts";
import { byExternalId } from "./input/identity.ts";
import { findOwnedUnit } from "./input/rental-object-ref.ts";
import { refuseRoom } from "./input/write-rules.ts";
import { contractFields, contractFilters, ownedUnitField } from "./letting/contract-field.ts";
import { contractOrders } from "./letting/contract-state.ts";
import { lettings } from "./letting/owner-lettings.ts";
import { createColumnFactories } from "./scan/column.ts";

const column = createColumnFactories<Records["ownerContract"]>();
const pmlStartDate = column.date("pmlStartDate");
const pmlEndDate = column.date("pmlEndDate");
const workModel = column.text("workModel");

/** Searches texts that need only the scope READ. */
const search = textSearch<Records["ownerContract"]>("externalId", "name", "number", "workModel");

/** A contract with the owner of an apartment. Alma: Contracts. */
export const ownerContract = defineGraphKind("ownerContract", {
  computedFields: {
    ...contractFields,
    unit: ownedUnitField,
    lettings,
  },
  filters: (context) => ({
    search,
    ...contractFilters(context, "ownerContract"),
    pmlStartDate,
    pmlEndDate,
    workModel,
  }),
  orders: {
    ...contractOrders,
    ...linkedOrders,
    PML_START_DATE: pmlStartDate,
    PML_END_DATE: pmlEndDate,
    WORK_MODEL: workModel,
  },
  groups: {
    ...contractGroups,
    keys: {
      ...contractKeys,
      WORK_MODEL: valueKey("workModel", workModel),
      PML_START_DATE: dayKey("pmlStartDate", pmlStartDate),
      PML_END_DATE: dayKey("pmlEndDate", pmlEndDate),
    },
    numbers: {
      ...contractGroups.numbers,
      pmlStartDate: daysOf(pmlStartDate),
      pmlEndDate: daysOf(pmlEndDate),
    },
    orders: { DAYS: "days" },
  },
  write: {
    identity: byExternalId("ownerContract"),
    refs: { rentalObject: { find: findOwnedUnit, check: refuseRoom } },
  },
});
