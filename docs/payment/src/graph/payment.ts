import type { Records } from "../alma/index.ts";
import { connectionField, recordField } from "./connection/query-field.ts";
import { defineEntity } from "./entity.ts";
import { byExternalId } from "./rule/identity.ts";
import { almaId, createColumnFactories } from "./scan/column.ts";

const column = createColumnFactories<Records["payment"]>();

/** What a tenant paid under a contract. Alma: Payments. */
export const payment = defineEntity("payment", {
  query: { payment: recordField("payment"), payments: connectionField("payment") },
  mutations: { createPayment: "create" },
  filters: () => ({
    almaId,
    externalId: column.externalId("externalId"),
    amount: column.decimal("amount"),
  }),
  orders: { ALMA_ID: almaId, AMOUNT: column.decimal("amount") },
  write: {
    identity: byExternalId("payment"),
    refs: { tenantContract: { types: ["TenantContract"] } },
  },
});
