import {
  bitrixId,
  date,
  decimalText,
  optional,
  reference,
  required,
  text,
  withDefault,
} from "./codec/field.ts";
import { choiceValue, scan } from "./codec/nested.ts";
import { contractCascades, contractRelations, unitUsage } from "./resource/contract.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

const base = "realty/contracts/tenant_contracts";

/** A contract by which a tenant rents a unit or room (Alma: Contracts). */
export const tenantContract = defineKind({
  noun: "tenant contract",
  plural: "tenant contracts",
  paths: {
    ...pathsUnder(base),
    // Alma's document has the second path, probably by mistake: its PATCH has the form of the first.
    byExternalId: [`${base}/external_id/{bx}/`, "realty/rooms/contracts/tenant_contracts/{bx}/"],
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
    price: withDefault(decimalText, "0.00"),
    contractScan: withDefault(scan, null),
    coTenant: withDefault(text, ""),
    coTenantIdScan: optional(scan, null),
    history: withDefault(text, ""),
    typeContract: withDefault(choiceValue, ""),
    coTenantId: optional(text, ""),
  },
  summary: ["number", "externalId"],
  relations: contractRelations("tenantContracts"),
  writes: { create: contractCascades, update: contractCascades },
});
