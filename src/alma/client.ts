import { date, nullableText, optional, phone, required, text, withDefault } from "./codec/field.ts";
import { choiceValue, numberedChoice, scan } from "./codec/nested.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

/** A person who owns or rents (Alma: Clients). */
export const client = defineKind({
  noun: "client",
  plural: "clients",
  // Alma's document has the create under `users` and the rest under `realty`; a live Alma had all of them
  // under `users`.
  paths: {
    ...pathsUnder("realty/clients", "users/clients"),
    create: ["users/clients/", "realty/clients/"],
  },
  fields: {
    externalId: required(nullableText),
    firstName: required(text),
    lastName: required(text),
    status: choiceValue,
    email: required(text),
    phone: withDefault(phone, ""),
    passport: optional(text, ""),
    country: required(numberedChoice),
    idNumber: optional(text, ""),
    // Alma cannot remove an attached image yet.
    passportScan: optional(scan),
    idScan: optional(scan),
    birthday: withDefault(date, null),
  },
  summary: ["externalId", "firstName", "lastName", "status", "email"],
  writes: { create: {}, update: {} },
});
