import type { Records } from "../alma/index.ts";
import { textSearch } from "./argument/filter.ts";
import { resolveConnection } from "./connection/resolve-connection.ts";
import { defineGraphKind } from "./graph-kind.ts";
import { valueKey } from "./group/key.ts";
import { rentalObjectAmounts, rentalObjectKeys } from "./group/rental-object-group.ts";
import { byExternalId } from "./input/identity.ts";
import { refuseConflictingLetting } from "./input/letting-rule.ts";
import { predictTakenName } from "./input/taken-value.ts";
import { CURRENT_CONTRACT, confirmContracts, contractField } from "./letting/current-contract.ts";
import { unitLettingFields } from "./letting/letting-field.ts";
import { readUnitAndRooms } from "./letting/unit-rooms.ts";
import type { ConnectionArgs } from "./member/compiled-arguments.ts";
import { rentalObjectFilters, rentalObjectOrders } from "./rental-object.ts";
import type { ComputedField } from "./resolver/computed-field.ts";
import type { RecordView } from "./resolver/record-view.ts";
import { createColumnFactories } from "./scan/column.ts";

const column = createColumnFactories<Records["unit"]>();

/** Searches texts that need only the scope READ. */
const search = textSearch<Records["unit"]>(
  "externalId",
  "additionalExternalId",
  "name",
  "header",
  "number",
  "status",
  "address",
  "addressNumber",
  "plot",
  "coveredVerandas",
  "uncoveredVerandas",
  "lowerLevel",
  "storage",
  "floor",
  "subwayStation",
  "parkingNumber",
);

/** The tenant contracts on the unit and, with `includeRooms`, on its rooms. */
const tenantContracts: ComputedField<"unit", ConnectionArgs & { readonly includeRooms: boolean | null }> = {
  requiredFields: [],
  resolve: (view, args, context, info) => {
    const { id } = view;
    const parents = args.includeRooms ? { parents: () => readUnitAndRooms(context, id) } : { parent: id };
    const relation = { relation: "rentalObject", ...parents };
    return confirmContracts(context, view as RecordView, () =>
      resolveConnection(context, info, args, "tenantContract", relation),
    );
  },
};

/** An apartment, let as a whole or by room. Alma: Apartments. */
export const unit = defineGraphKind("unit", {
  computedFields: {
    tenantContracts,
    currentOwnerContract: contractField("ownerContract", CURRENT_CONTRACT),
    ...unitLettingFields,
  },
  filters: (context) => ({
    search,
    ...rentalObjectFilters(context, "unit"),
    numberOfBedrooms: column.int("numberOfBedrooms"),
  }),
  orders: {
    ...rentalObjectOrders,
    NUMBER_OF_BEDROOMS: column.int("numberOfBedrooms"),
  },
  groups: {
    ...rentalObjectAmounts,
    keys: {
      ...rentalObjectKeys,
      NUMBER_OF_BEDROOMS: valueKey("numberOfBedrooms", column.int("numberOfBedrooms")),
    },
  },
  write: {
    identity: byExternalId("unit"),
    check: refuseConflictingLetting,
    predictRefusals: predictTakenName,
  },
});
