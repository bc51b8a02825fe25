import type { Records } from "../alma/index.ts";
import type { Kind } from "../catalog/index.ts";
import {
  type FilterField,
  type FilterTable,
  linkFilter,
  nestedFilter,
  refFilter,
} from "./argument/filter.ts";
import type { OrderTable } from "./argument/order.ts";
import { resolveConnection } from "./connection/resolve-connection.ts";
import type { QueryResolvers } from "./generated.ts";
import { bedroomsOrder, rentalObjectGroups, unitName } from "./group/rental-object-group.ts";
import { lettingFilters, parentUnitId } from "./letting/letting-filter.ts";
import { type ConnectionSpec, type FilterContext, linkTarget } from "./resolver/connection-spec.ts";
import { almaId, createColumnFactories } from "./scan/column.ts";

/** Columns of both units and rooms. Alma: Apartments, Units. */
const column = createColumnFactories<Pick<Records["room"], keyof Records["room"] & keyof Records["unit"]>>();

const buildingId = column.int("building", "id");

/** Filters on the record itself. */
const commonFilters = {
  almaId,
  externalId: column.externalId("externalId"),
  name: column.text("name"),
  header: column.text("header"),
  number: column.text("number"),
  status: column.text("status"),
  isArchived: column.boolean("isArchived"),
  building: refFilter(buildingId, ["Building"]),
  project: nestedFilter({
    almaId: column.int("project", "id"),
    name: column.text("project", "name"),
  }),
  propertyType: column.text("propertyType", "value"),
  goalRentCost: column.decimal("goalRentCost"),
  internalArea: column.float("internalArea"),
} satisfies FilterTable;

/** Filters of both units and rooms, for one of the two kinds. */
export const rentalObjectFilters = (context: FilterContext, kind: Kind) => ({
  ...commonFilters,
  buildingWhere: linkFilter(buildingId, "building", linkTarget(context, "building")),
  ...lettingFilters(context, kind),
});

/** Orders of both units and rooms. */
export const rentalObjectOrders = {
  ALMA_ID: almaId,
  EXTERNAL_ID: commonFilters.externalId,
  NAME: commonFilters.name,
  HEADER: commonFilters.header,
  NUMBER: commonFilters.number,
  STATUS: commonFilters.status,
  INTERNAL_AREA: commonFilters.internalArea,
  GOAL_RENT_COST: commonFilters.goalRentCost,
  BUILDING_NAME: column.text("building", "name"),
} satisfies OrderTable;

/** Filters on the unit of a room, or on the unit itself. */
export function unitFilters(context: FilterContext, kind: Kind) {
  const units = linkTarget(context, "unit");
  if (kind === "room")
    return {
      unit: refFilter(parentUnitId, ["Unit"]),
      unitWhere: linkFilter(parentUnitId, "parentUnit", units),
    };
  return { unit: refFilter(almaId, ["Unit"]), unitWhere: nestedFilter(units.filters("unit")) };
}

/** Units and rooms together. */
export const rentalObject: ConnectionSpec = {
  kinds: ["unit", "room"],
  filters: (context, kind) => {
    const { search } = context.connectionSpec(kind).filters(context, kind);
    return {
      ...rentalObjectFilters(context, kind),
      ...unitFilters(context, kind),
      search: search as FilterField,
    };
  },
  orders: {
    ...rentalObjectOrders,
    UNIT_NAME: unitName,
    NUMBER_OF_BEDROOMS: bedroomsOrder,
  },
  groups: rentalObjectGroups,
};

/** `rentalObjects(...)`: all units and rooms that Alma lists. */
export const rentalObjects: QueryResolvers["rentalObjects"] = (_parent, args, context, info) =>
  resolveConnection<"unit" | "room">(context, info, args, "rentalObject");
