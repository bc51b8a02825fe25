import type { Room, Unit } from "../alma/index.ts";
import { almaId, columns } from "./column.ts";
import type { FilterTable } from "./filter.ts";
import { nested, ref } from "./filter-field.ts";
import type { OrderTable } from "./order.ts";

/** What units and rooms have in common. Alma: Apartments, Units. */
const of = columns<Pick<Room, keyof Room & keyof Unit>>();

/** The filters that units and rooms have in common. */
export const rentableFilters: FilterTable = {
  almaId,
  externalId: of.text("externalId"),
  name: of.text("name"),
  header: of.text("header"),
  number: of.text("number"),
  status: of.text("status"),
  isArchived: of.flag("isArchived"),
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
};

/** The orders that units and rooms have in common. */
export const rentableOrders = {
  ALMA_ID: almaId,
  EXTERNAL_ID: of.text("externalId"),
  NAME: of.text("name"),
  HEADER: of.text("header"),
  NUMBER: of.text("number"),
  STATUS: of.text("status"),
  INTERNAL_AREA: of.float("internalArea"),
  GOAL_RENT_COST: of.decimal("goalRentCost"),
} satisfies OrderTable;
