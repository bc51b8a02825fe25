import type { Records } from "../../alma/index.ts";
import { type Column, createColumnFactories, textOrdering } from "../scan/column.ts";

/** Columns of both units and rooms. Alma: Apartments, Units. */
const column = createColumnFactories<Pick<Records["room"], keyof Records["room"] & keyof Records["unit"]>>();
const unitColumn = createColumnFactories<Records["unit"]>();

export const buildingId = column.int("building", "id");
export const buildingName = column.text("building", "name");
export const projectId = column.int("project", "id");
export const projectName = column.text("project", "name");

/** The columns that are filters of the same name. */
export const rentalObjectColumns = {
  externalId: column.externalId("externalId"),
  name: column.text("name"),
  header: column.text("header"),
  number: column.text("number"),
  status: column.text("status"),
  isArchived: column.boolean("isArchived"),
  propertyType: column.text("propertyType", "value"),
  goalRentCost: column.decimal("goalRentCost"),
  internalArea: column.float("internalArea"),
};

/** Whether a unit is let as a whole. */
export const letWholeColumn = unitColumn.boolean("isUsedAdditionalExternalId");

/** The number of bedrooms of a unit. */
export const numberOfBedrooms = unitColumn.int("numberOfBedrooms");

/** The Alma id of a room's unit. */
export const parentUnitId = createColumnFactories<Records["room"]>().int("parentUnit", "id");

/** The name of the unit itself, or of a room's unit. */
export const unitName: Column<string> = {
  key: "text unit.name",
  requiredFields: ["name", "parentUnit"],
  comparison: textOrdering,
  read: ({ value: { name, parentUnit } }) => {
    const unit = parentUnit === undefined ? { name } : parentUnit;
    return (unit as { readonly name: string | null } | null)?.name ?? null;
  },
};
