import { bitrixId, date, decimalText, flag, required, text } from "./codec/field.ts";
import { relation } from "./codec/nested.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

/** What a tenant paid under a contract (Alma: Payments). */
export const payment = defineKind({
  noun: "payment",
  plural: "payments",
  paths: pathsUnder("realty/payments"),
  fields: {
    externalId: required(bitrixId),
    amount: required(decimalText),
    date: required(date),
    tenantContract: required(relation({ number: text })),
    isArchived: flag,
  },
  summary: ["externalId"],
  relations: {
    tenantContract: { to: ["tenantContract"], inverse: "payments", field: "tenantContract" },
  },
  writes: { create: {}, update: {}, archive: {} },
});
