import type { Room } from "../alma/index.ts";
import { almaId, columns } from "./column.ts";
import { current, many, one } from "./edge.ts";
import { entity } from "./entity.ts";
import { nested, ref } from "./filter-field.ts";
import { roomIdentity } from "./identity.ts";
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
    almaId,
    externalId: of.text("externalId"),
    name: of.text("name"),
    header: of.text("header"),
    number: of.text("number"),
    status: of.text("status"),
    isArchived: of.flag("isArchived"),
    parentUnit: ref(
      of.int("parentUnit", ({ id }) => id),
      "Unit",
    ),
    building: ref(
      of.int("building", ({ id }) => id),
      "Building",
    ),
    project: nested({
      almaId: of.int("project", ({ id }) => id),
      name: of.text("project", ({ name }) => name),
    }),
    propertyType: of.text("propertyType", ({ value }) => value),
    goalRentCost: of.decimal("goalRentCost"),
    internalArea: of.float("internalArea"),
  }),
  orders: {
    ALMA_ID: almaId,
    EXTERNAL_ID: of.text("externalId"),
    NAME: of.text("name"),
    HEADER: of.text("header"),
    NUMBER: of.text("number"),
    STATUS: of.text("status"),
    INTERNAL_AREA: of.float("internalArea"),
    GOAL_RENT_COST: of.decimal("goalRentCost"),
  },
  write: {
    identity: roomIdentity,
    refs: { parentUnit: { types: ["Unit"], check: refuseWholeLet } },
    notNegative: ["internalArea", "goalRentCost"],
  },
});
