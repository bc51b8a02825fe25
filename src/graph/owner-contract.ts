import type { OwnerContract } from "../alma/index.ts";
import { almaId, columns } from "./column.ts";
import { across, contractEdges, contractFilters } from "./contract-edge.ts";
import { entity } from "./entity.ts";
import { byExternalId } from "./identity.ts";
import { refuseRoom } from "./write-rule.ts";

const of = columns<OwnerContract>();

/** A contract with the owner of an apartment. Alma: Contracts. */
export const ownerContract = entity("ownerContract", {
  edges: contractEdges,
  across,
  filters: (context) => ({
    ...contractFilters(context),
    almaId,
    externalId: of.text("externalId"),
    name: of.text("name"),
    number: of.text("number"),
    workModel: of.text("workModel"),
  }),
  orders: {
    ALMA_ID: almaId,
    EXTERNAL_ID: of.text("externalId"),
    NAME: of.text("name"),
    NUMBER: of.text("number"),
    START_DATE: of.date("startDate"),
    END_DATE: of.date("endDate"),
    PML_START_DATE: of.date("pmlStartDate"),
    PML_END_DATE: of.date("pmlEndDate"),
    WORK_MODEL: of.text("workModel"),
  },
  write: {
    identity: byExternalId("ownerContract"),
    refs: { rentalObject: { types: ["Unit", "Room"], check: refuseRoom }, client: { types: ["Client"] } },
    periods: [
      ["startDate", "endDate"],
      ["pmlStartDate", "pmlEndDate"],
    ],
    ids: [
      "contractWithClientScan",
      "propertyTitleDeedScan",
      "propertyManagementLetterScan",
      "dtcmPermitScan",
    ],
  },
});
