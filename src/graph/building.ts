import type { Records } from "../alma/index.ts";
import { nestedFilter, textSearch } from "./argument/filter.ts";
import { defineGraphKind } from "./graph-kind.ts";
import { buildingIdentity } from "./input/identity.ts";
import { predictTakenName } from "./input/taken-value.ts";
import { almaId, createColumnFactories } from "./scan/column.ts";

const column = createColumnFactories<Records["building"]>();

/** Searches texts that need only the scope READ. */
const search = textSearch<Records["building"]>("externalId", "name", "address", "number");

/** A building. Alma: Buildings. */
export const building = defineGraphKind("building", {
  filters: () => ({
    search,
    almaId,
    externalId: column.externalId("externalId"),
    name: column.text("name"),
    number: column.text("number"),
    address: column.text("address"),
    numberOfUnits: column.int("numberOfUnits"),
    isArchived: column.boolean("isArchived"),
    project: nestedFilter({
      almaId: column.int("project", "id"),
      name: column.text("project", "name"),
    }),
  }),
  orders: {
    ALMA_ID: almaId,
    EXTERNAL_ID: column.externalId("externalId"),
    NAME: column.text("name"),
    NUMBER: column.text("number"),
    NUMBER_OF_UNITS: column.int("numberOfUnits"),
  },
  write: {
    identity: buildingIdentity,
    defaults: ({ projectId }) => ({ project: projectId }),
    predictRefusals: predictTakenName,
  },
});
