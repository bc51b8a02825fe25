import { scan } from "./attachment.ts";
import { date, text, textOrNone } from "./codec.ts";
import {
  type ChangesOf,
  type DraftOf,
  filled,
  optional,
  type RecordOf,
  reference,
  required,
} from "./field.ts";
import { word } from "./nested.ts";
import { type Upstream, under } from "./readable.ts";
import { resource } from "./resource.ts";
import { unitUsage } from "./usage.ts";

/** Its fields, for reading and writing. */
export const fields = {
  rentalObject: reference("unit_id"),
  client: reference("client_id"),
  name: filled(text, ""),
  number: optional(text, ""),
  startDate: filled(date, null),
  endDate: filled(date, null),
  externalId: required(textOrNone),
  unitUsage,
  contractWithClientScan: filled(scan, null),
  propertyTitleDeedScan: filled(scan, null),
  propertyManagementLetterScan: filled(scan, null),
  dtcmPermitScan: filled(scan, null),
  pmlStartDate: filled(date, null),
  pmlEndDate: filled(date, null),
  workModel: filled(word, ""),
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
  ...under(base),
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
    touches: { create: ["unit", "room", "client"], update: ["unit", "room", "client"] },
  });
