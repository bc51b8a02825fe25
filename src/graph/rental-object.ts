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
import { bedroomsOrder, rentalObjectGroups } from "./group/rental-object-group.ts";
import { lettingFilters } from "./letting/letting-filter.ts";
import {
  buildingId,
  buildingName,
  parentUnitId,
  projectId,
  projectName,
  rentalObjectColumns,
  unitName,
} from "./letting/rental-object-column.ts";
import { type ConnectionSpec, type FilterContext, linkTarget } from "./resolver/connection-spec.ts";
import { almaId } from "./scan/column.ts";

/** Filters on the record itself. */
const commonFilters = {
  almaId,
  ...rentalObjectColumns,
  building: refFilter(buildingId, ["Building"]),
  project: nestedFilter({ almaId: projectId, name: projectName }),
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
  EXTERNAL_ID: rentalObjectColumns.externalId,
  NAME: rentalObjectColumns.name,
  HEADER: rentalObjectColumns.header,
  NUMBER: rentalObjectColumns.number,
  STATUS: rentalObjectColumns.status,
  INTERNAL_AREA: rentalObjectColumns.internalArea,
  GOAL_RENT_COST: rentalObjectColumns.goalRentCost,
  BUILDING_NAME: buildingName,
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
