import type { Records } from "../alma/index.ts";
import { refFilter } from "./argument/filter.ts";
import { defineGraphKind } from "./graph-kind.ts";
import { byExternalId } from "./input/identity.ts";
import { almaId, createColumnFactories } from "./scan/column.ts";

const column = createColumnFactories<Records["payment"]>();

/** What a tenant paid under a contract. Alma: Payments. */
export const payment = defineGraphKind("payment", {
  filters: () => ({
    almaId,
    externalId: column.externalId("externalId"),
    amount: column.decimal("amount"),
    isArchived: column.boolean("isArchived"),
    tenantContract: refFilter(column.int("tenantContract", "id"), ["TenantContract"]),
  }),
  orders: { ALMA_ID: almaId, AMOUNT: column.decimal("amount") },
  write: { identity: byExternalId("payment") },
});
