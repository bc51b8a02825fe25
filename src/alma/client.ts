import { bitrixId, date, optional, phone, required, text, withDefault } from "./codec/field.ts";
import { choiceValue, numberedChoice, scan } from "./codec/nested.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

/** A person who owns or rents (Alma: Clients). */
export const client = defineKind({
  noun: "client",
  plural: "clients",
  // In Alma's document, the create is below `users` and the rest below `realty`; a live Alma had all paths below
  // `users`.
  paths: {
    ...pathsUnder("realty/clients", "users/clients"),
    create: ["users/clients/", "realty/clients/"],
  },
  fields: {
    externalId: required(bitrixId),
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
