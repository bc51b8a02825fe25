import { scan } from "./attachment.ts";
import { date, decimalText, text, textOrNone } from "./codec.ts";
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
  price: filled(decimalText, "0.00"),
  contractScan: filled(scan, null),
  coTenant: filled(text, ""),
  coTenantIdScan: optional(scan, null),
  history: filled(text, ""),
  typeContract: filled(word, ""),
  coTenantId: optional(text, ""),
};

/** The contract by which a tenant rents a unit or a room (Alma: Contracts). */
export type TenantContract = RecordOf<typeof fields>;
/** What a create takes, and what an update takes. */
export type TenantContractDraft = DraftOf<typeof fields>;
export type TenantContractChanges = ChangesOf<typeof fields>;
/** What the list of tenant contracts shows. */
export const summary = ["number", "externalId"] as const;

const base = "realty/contracts/tenant_contracts";
const paths = {
  ...under(base),
  // The second is the printed one; it is probably a slip for the first, which is the form that PATCH has.
  byExternalId: [`${base}/external_id/{bx}/`, "realty/rooms/contracts/tenant_contracts/{bx}/"],
};

/** `realty/contracts/tenant_contracts/` (Alma: Contracts). */
export const tenantContracts = (upstream: Upstream) =>
  resource(upstream, {
    noun: "tenant contract",
    plural: "tenant contracts",
    paths,
    fields,
    summary,
    // A first contract completes its client; statuses of the rental object follow.
    touches: { create: ["unit", "room", "client"], update: ["unit", "room", "client"] },
  });
