import { bitrixId, date, optional, reference, required, text, withDefault } from "./codec/field.ts";
import { choiceValue, scan } from "./codec/nested.ts";
import { contractCascades, contractRelations, unitUsage } from "./resource/contract.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

const base = "realty/contracts/owner_contracts";

/** A contract by which an owner gives a unit into management (Alma: Contracts). */
export const ownerContract = defineKind({
  noun: "owner contract",
  plural: "owner contracts",
  paths: {
    ...pathsUnder(base),
    // Alma's document has the second path, probably by mistake: its PATCH has the form of the first.
    byExternalId: [`${base}/external_id/{bx}/`, "realty/rooms/contracts/owner_contracts/{bx}/"],
  },
  fields: {
    rentalObject: reference("unit_id"),
    client: reference("client_id"),
    name: required(text),
    number: optional(text, ""),
    startDate: withDefault(date, null),
    endDate: withDefault(date, null),
    externalId: required(bitrixId),
    unitUsage,
    contractWithClientScan: withDefault(scan, null),
    propertyTitleDeedScan: withDefault(scan, null),
    propertyManagementLetterScan: withDefault(scan, null),
    dtcmPermitScan: withDefault(scan, null),
    pmlStartDate: withDefault(date, null),
    pmlEndDate: withDefault(date, null),
    workModel: withDefault(choiceValue, ""),
  },
  summary: ["number", "externalId"],
  relations: contractRelations("ownerContracts"),
  writes: { create: contractCascades, update: contractCascades },
});
