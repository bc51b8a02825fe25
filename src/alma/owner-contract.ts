import { scan } from "./record/attachment.ts";
import { date, nullableText, text } from "./record/codec.ts";
import { optional, reference, required, withDefault } from "./record/field.ts";
import { choiceValue } from "./record/nested.ts";
import { unitUsage } from "./record/unit-usage.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

const base = "realty/contracts/owner_contracts";

/** A first contract confirms its client. The rental object, its unit and its rooms change their status. */
const cascades = {
  rentalObject: "updated",
  "rentalObject.parentUnit": "updated",
  "rentalObject.rooms": "updated",
  client: "updated",
} as const;

/** The contract by which an owner gives a unit into management (Alma: Contracts). */
export const ownerContract = defineKind({
  noun: "owner contract",
  plural: "owner contracts",
  paths: {
    ...pathsUnder(base),
    // Alma's document prints the second path, probably by mistake: its PATCH has the form of the first.
    byExternalId: [`${base}/external_id/{bx}/`, "realty/rooms/contracts/owner_contracts/{bx}/"],
  },
  fields: {
    rentalObject: reference("unit_id"),
    client: reference("client_id"),
    name: withDefault(text, ""),
    number: optional(text, ""),
    startDate: withDefault(date, null),
    endDate: withDefault(date, null),
    externalId: required(nullableText),
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
  relations: {
    rentalObject: {
      to: ["unit", "room"],
      inverse: "ownerContracts",
      field: "unitUsage",
      idOf: ({ unitId }) => unitId,
    },
    client: {
      to: ["client"],
      inverse: "ownerContracts",
      field: "unitUsage",
      idOf: ({ clientId }) => clientId,
    },
  },
  writes: { create: cascades, update: cascades },
  // Archived contracts can neither be unarchived nor edited.
  isFinal: ({ unitUsage: usage }) => usage?.isArchived === true,
});
