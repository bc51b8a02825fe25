import type { TenantContract } from "../alma/index.ts";
import { almaId, columns } from "./column.ts";
import { across, contractEdges, contractFilters } from "./contract-edge.ts";
import { entity } from "./entity.ts";
import { byExternalId } from "./identity.ts";
import { foreseeOverlap } from "./write-rule.ts";

const of = columns<TenantContract>();

/** A contract with the tenant of an apartment or a room. Alma: Contracts. */
export const tenantContract = entity("tenantContract", {
  edges: contractEdges,
  across,
  filters: (context) => ({
    ...contractFilters(context),
    almaId,
    externalId: of.text("externalId"),
    name: of.text("name"),
    number: of.text("number"),
    price: of.decimal("price"),
    typeContract: of.text("typeContract"),
  }),
  orders: {
    ALMA_ID: almaId,
    EXTERNAL_ID: of.text("externalId"),
    NAME: of.text("name"),
    NUMBER: of.text("number"),
    START_DATE: of.date("startDate"),
    END_DATE: of.date("endDate"),
    PRICE: of.decimal("price"),
    TYPE_CONTRACT: of.text("typeContract"),
  },
  write: {
    identity: byExternalId("tenantContract"),
    refs: { rentalObject: { types: ["Unit", "Room"] }, client: { types: ["Client"] } },
    notNegative: ["price"],
    periods: [["startDate", "endDate"]],
    ids: ["contractScan", "coTenantIdScan"],
    foresee: foreseeOverlap,
  },
});
