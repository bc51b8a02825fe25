import { scan } from "./record/attachment.ts";
import { date, nullableText, text } from "./record/codec.ts";
import {
  type ChangesOf,
  type DraftOf,
  optional,
  type RecordOf,
  required,
  withDefault,
} from "./record/field.ts";
import { choiceValue, numberedChoice } from "./record/nested.ts";
import { pathsUnder, type Upstream } from "./resource/readable.ts";
import { resource } from "./resource/resource.ts";

/** Its fields, for reading and writing. */
export const fields = {
  externalId: required(nullableText),
  firstName: required(text),
  lastName: required(text),
  status: choiceValue,
  email: required(text),
  phone: withDefault(text, ""),
  passport: optional(text, ""),
  country: required(numberedChoice),
  idNumber: optional(text, ""),
  // There is no way yet to remove an image that was once attached.
  passportScan: optional(scan),
  idScan: optional(scan),
  birthday: withDefault(date, null),
};

/** A person who owns or rents (Alma: Clients). */
export type Client = RecordOf<typeof fields>;
/** What a create takes, and what an update takes. */
export type ClientDraft = DraftOf<typeof fields>;
export type ClientChanges = ChangesOf<typeof fields>;
/** What the list of clients shows. */
export const summary = ["externalId", "firstName", "lastName", "status", "email"] as const;

/**
 * Alma's document has the create under `users`, all the rest under `realty`; Alma was seen to have all under `users`.
 */
const paths = pathsUnder("realty/clients", "users/clients");

/** `realty/clients/` (Alma: Clients). */
export const clients = (upstream: Upstream) =>
  resource(upstream, {
    noun: "client",
    plural: "clients",
    paths,
    create: ["users/clients/", "realty/clients/"],
    fields,
    summary,
    affects: { create: [], update: [] },
  });
