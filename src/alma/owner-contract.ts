import { scan } from "./record/attachment.ts";
import { date, nullableText, text } from "./record/codec.ts";
import {
  type ChangesOf,
  type DraftOf,
  optional,
  type RecordOf,
  reference,
  required,
  withDefault,
} from "./record/field.ts";
import { choiceValue } from "./record/nested.ts";
import { unitUsage } from "./record/usage.ts";
import { pathsUnder, type Upstream } from "./resource/readable.ts";
import { resource } from "./resource/resource.ts";

/** Its fields, for reading and writing. */
export const fields = {
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
};

/** The contract by which an owner gives a unit into management (Alma: Contracts). */
export type OwnerContract = RecordOf<typeof fields>;
/** What a create takes, and what an update takes. */
export type OwnerContractDraft = DraftOf<typeof fields>;
export type OwnerContractChanges = ChangesOf<typeof fields>;
/** What the list of owner contracts shows. */
export const summary = ["number", "externalId"] as const;

const base = "realty/contracts/owner_contracts";
const paths = {
  ...pathsUnder(base),
  // The second is the printed one; it is probably a slip for the first, which is the form that PATCH has.
  byExternalId: [`${base}/external_id/{bx}/`, "realty/rooms/contracts/owner_contracts/{bx}/"],
};

/** `realty/contracts/owner_contracts/` (Alma: Contracts). */
export const ownerContracts = (upstream: Upstream) =>
  resource(upstream, {
    noun: "owner contract",
    plural: "owner contracts",
    paths,
    fields,
    summary,
    // A first contract completes its client; statuses of the rental object follow.
    affects: { create: ["unit", "room", "client"], update: ["unit", "room", "client"] },
  });
