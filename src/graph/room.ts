import type { Room } from "../alma/index.ts";
import { columns } from "./column.ts";
import { current, many, one } from "./edge.ts";
import { entity } from "./entity.ts";
import { ref } from "./filter-field.ts";
import { roomIdentity } from "./identity.ts";
import { rentableFilters, rentableOrders } from "./rentable.ts";
import { refuseWholeLet } from "./write-rule.ts";

const of = columns<Room>();

/** A room or a bed in an apartment. Alma: Units. */
export const room = entity("room", {
  edges: {
    parentUnit: one<"room", "parentUnit">("parentUnit", "unit", ({ id }) => id),
    building: one<"room", "building">("building", "building", ({ id }) => id),
    tenantContracts: many("tenantContract", "rentalObject"),
    currentTenantContract: current("tenantContract"),
  },
  filters: () => ({
    ...rentableFilters,
    parentUnit: ref(
      of.int("parentUnit", ({ id }) => id),
      "Unit",
    ),
  }),
  orders: rentableOrders,
  write: {
    identity: roomIdentity,
    refs: { parentUnit: { types: ["Unit"], check: refuseWholeLet } },
    notNegative: ["internalArea", "goalRentCost"],
  },
});
