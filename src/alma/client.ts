import { date, file, text, textOrNone } from "./codec.ts";
import { filled, optional, type RecordOf, required } from "./field.ts";
import { numberedChoice } from "./nested.ts";
import { readable, type Upstream, under } from "./resource.ts";

const fields = {
  externalId: required(textOrNone),
  firstName: required(text),
  lastName: required(text),
  status: text,
  email: required(text),
  phone: filled(text, ""),
  passport: optional(text, ""),
  country: required(numberedChoice),
  idNumber: optional(text, ""),
  // There is no way yet to remove an image that was once attached.
  passportScan: optional(file),
  idScan: optional(file),
  birthday: filled(date, null),
};

/** A person who owns or rents (Alma: Clients). */
export type Client = RecordOf<typeof fields>;
/** What the list of clients shows. */
export type ClientSummary = Pick<Client, "id" | "externalId" | "firstName" | "lastName" | "status" | "email">;

/** Alma's document has all calls but the create under the first; Alma has been seen to have all under the second. */
const paths = under("realty/clients", "users/clients");

/** `realty/clients/` (Alma: Clients). */
export const clients = (upstream: Upstream) =>
  readable(upstream, {
    kind: "client",
    plural: "clients",
    paths,
    fields,
    summary: ["externalId", "firstName", "lastName", "status", "email"],
  });
