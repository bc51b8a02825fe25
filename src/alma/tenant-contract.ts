import { scan } from "./record/attachment.ts";
import { date, decimalText, nullableText, text } from "./record/codec.ts";
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
  price: withDefault(decimalText, "0.00"),
  contractScan: withDefault(scan, null),
  coTenant: withDefault(text, ""),
  coTenantIdScan: optional(scan, null),
  history: withDefault(text, ""),
  typeContract: withDefault(choiceValue, ""),
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
  ...pathsUnder(base),
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
    affects: { create: ["unit", "room", "client"], update: ["unit", "room", "client"] },
  });
