import type { Records } from "../../alma/index.ts";
import type { CachedRecord, Kind } from "../../catalog/index.ts";
import { parentUnitId } from "../letting/letting-filter.ts";
import { almaId, type Column, createColumnFactories } from "../scan/column.ts";
import { booleans, inOrderOf } from "../scan/comparison.ts";
import type { FilterContext } from "../spec/connection-spec.ts";
import type { GroupKey, GroupSpec } from "../spec/group-spec.ts";
import { amountColumn } from "../sum/amount-column.ts";
import { choiceKey, linkKey, ownerKey, type Project, projectPart, valueKey } from "./key.ts";
import { lettable, lettingMeasures, vacant } from "./letting-measure.ts";

/** The columns of the fields that units and rooms have in common. Alma: Apartments, Units. */
const column = createColumnFactories<Pick<Records["room"], keyof Records["room"] & keyof Records["unit"]>>();

/** The keys of groups that units and rooms have in common. */
export const rentalObjectKeys = {
  BUILDING: linkKey("building", ["building"], column.int("building", "id")),
  PROJECT: {
    ...valueKey("project", column.int("project", "id")),
    part: projectPart(
      () =>
        ({ value }) =>
          (value.project ?? null) as Project | null,
    ),
  },
  STATUS: valueKey("status", column.text("status")),
  PROPERTY_TYPE: choiceKey("propertyType", column.text("propertyType", "value")),
  IS_ARCHIVED: valueKey("isArchived", column.boolean("isArchived")),
} satisfies GroupSpec["keys"];

/** The amounts of units and rooms, and the orders by their sums. */
export const rentalObjectAmounts = {
  amounts: {
    goalRentCost: amountColumn(column.decimal("goalRentCost")),
    internalArea: amountColumn(column.float("internalArea")),
  },
  sums: { GOAL_RENT_COST_SUM: "goalRentCost", INTERNAL_AREA_SUM: "internalArea" },
} satisfies Partial<GroupSpec>;

/** The kinds in the order of the schema. */
const kinds = inOrderOf(["UNIT", "ROOM"]);

const kindColumn: Column<string> = {
  requiredFields: [],
  comparison: kinds,
  read: (row) => ((row as CachedRecord).kind === "unit" ? "UNIT" : "ROOM"),
};

const unitIdOf = (kind: Kind): Column<number> => (kind === "room" ? parentUnitId : almaId);
/** A key that is decided by the unit itself, or by the unit of a room. */
const byUnit = (keyOf: (column: Column<number>) => Extract<GroupKey, { flags?: undefined }>) => ({
  ...keyOf(almaId),
  column: (_context: unknown, kind: Kind) => unitIdOf(kind),
});

/** How units and rooms are grouped together. */
export const rentalObjectGroups: GroupSpec = {
  keys: {
    KIND: { field: "kind", column: kindColumn, comparison: kinds },
    ...rentalObjectKeys,
    UNIT: byUnit((unitId) => linkKey("unit", ["unit"], unitId)),
    OWNER: {
      ...byUnit(ownerKey),
      follow: (context: FilterContext, kind: Kind) => ownerKey(unitIdOf(kind)).follow?.(context, kind) ?? [],
    },
    IS_LETTABLE: {
      field: "isLettable",
      flags: [lettable],
      decide: (holds) => holds(0),
      comparison: booleans,
    },
    IS_VACANT: {
      field: "isVacant",
      flags: [lettable, vacant],
      decide: (holds) => (holds(0) ? holds(1) : null),
      comparison: booleans,
    },
  },
  ...rentalObjectAmounts,
  measures: lettingMeasures,
  ratios: {
    occupancy: {
      part: { plain: "occupied", inPeriods: "occupiedDays" },
      whole: { plain: "lettable", inPeriods: "lettableDays" },
    },
  },
  sums: {
    VACANT: { plain: "vacant", inPeriods: "vacantDays" },
    OCCUPANCY: "occupancy",
    ...rentalObjectAmounts.sums,
  },
  coverage: "all",
};
