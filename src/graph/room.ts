import type { Room } from "../alma/index.ts";
import { createColumnFactories } from "./column.ts";
import { currentContract, toMany, toOne } from "./edge.ts";
import { defineEntity } from "./entity.ts";
import { refFilter } from "./filter-field.ts";
import { roomIdentity } from "./identity.ts";
import { rentalObjectFilters, rentalObjectOrders } from "./rentable.ts";
import { refuseWholeLet } from "./write-rule.ts";

const column = createColumnFactories<Room>();

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
