import type { Records } from "../alma/index.ts";
import type { FilterTable } from "./argument/filter.ts";
import { nestedFilter, refFilter } from "./argument/filter-field.ts";
import type { OrderTable } from "./argument/order.ts";
import { almaId, createColumnFactories } from "./column/column.ts";

/** The columns of the fields that units and rooms have in common. Alma: Apartments, Units. */
const column = createColumnFactories<Pick<Records["room"], keyof Records["room"] & keyof Records["unit"]>>();

/** The filters that units and rooms have in common. */
export const rentalObjectFilters = {
  almaId,
  externalId: column.externalId("externalId"),
  name: column.text("name"),
  header: column.text("header"),
  number: column.text("number"),
  status: column.text("status"),
  isArchived: column.boolean("isArchived"),
  building: refFilter(column.int("building", "id"), ["Building"]),
  project: nestedFilter({
    almaId: column.int("project", "id"),
    name: column.text("project", "name"),
  }),
  propertyType: column.text("propertyType", "value"),
  goalRentCost: column.decimal("goalRentCost"),
  internalArea: column.float("internalArea"),
} satisfies FilterTable;

/** The orders that units and rooms have in common. */
export const rentalObjectOrders = {
  ALMA_ID: almaId,
  EXTERNAL_ID: column.externalId("externalId"),
  NAME: column.text("name"),
  HEADER: column.text("header"),
  NUMBER: column.text("number"),
  STATUS: column.text("status"),
  INTERNAL_AREA: column.float("internalArea"),
  GOAL_RENT_COST: column.decimal("goalRentCost"),
} satisfies OrderTable;
