import type { Records } from "../alma/index.ts";
import { createColumnFactories } from "./argument/column.ts";
import { refFilter } from "./argument/filter-field.ts";
import { currentContract, toMany, toOne } from "./connection/relation-field.ts";
import { defineEntity } from "./entity.ts";
import { roomIdentity } from "./mutation/identity.ts";
import { refuseWholeLet } from "./mutation/write-rules.ts";
import { rentalObjectFilters, rentalObjectOrders } from "./rental-object.ts";

const column = createColumnFactories<Records["room"]>();

/** A room or a bed in an apartment. Alma: Units. */
export const room = defineEntity("room", {
  computedFields: {
    parentUnit: toOne<"room", "parentUnit">("parentUnit", "unit", ({ id }) => id),
    building: toOne<"room", "building">("building", "building", ({ id }) => id),
    tenantContracts: toMany("tenantContract", "rentalObject"),
    currentTenantContract: currentContract("tenantContract"),
  },
  filters: () => ({
    ...rentalObjectFilters,
    parentUnit: refFilter(
      column.int("parentUnit", ({ id }) => id),
      "Unit",
    ),
  }),
  orders: rentalObjectOrders,
  write: {
    identity: roomIdentity,
    refs: { parentUnit: { types: ["Unit"], check: refuseWholeLet } },
    nonNegativeFields: ["internalArea", "goalRentCost"],
  },
});
