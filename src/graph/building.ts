import type { Building } from "../alma/index.ts";
import { almaId, columns } from "./column.ts";
import { many } from "./edge.ts";
import { entity } from "./entity.ts";
import { nested } from "./filter-field.ts";
import { buildingIdentity } from "./identity.ts";

const of = columns<Building>();

/** A building, and what is in it. Alma: Buildings. */
export const building = entity("building", {
  edges: {
    units: many("unit", "building"),
    rooms: many("room", "building"),
  },
  filters: () => ({
    almaId,
    externalId: of.text("externalId"),
    name: of.text("name"),
    number: of.text("number"),
    address: of.text("address"),
    numberOfUnits: of.int("numberOfUnits"),
    isArchived: of.flag("isArchived"),
    project: nested({
      almaId: of.int("project", ({ id }) => id),
      name: of.text("project", ({ name }) => name),
    }),
  }),
  orders: {
    ALMA_ID: almaId,
    EXTERNAL_ID: of.text("externalId"),
    NAME: of.text("name"),
    NUMBER: of.text("number"),
    NUMBER_OF_UNITS: of.int("numberOfUnits"),
  },
  write: {
    identity: buildingIdentity,
    ids: ["project"],
    defaults: ({ projectId }) => ({ project: projectId }),
  },
});
