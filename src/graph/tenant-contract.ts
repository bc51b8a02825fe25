import type { Records } from "../alma/index.ts";
import { textSearch } from "./argument/filter.ts";
import { defineGraphKind } from "./graph-kind.ts";
import {
  contractGroups,
  contractKeys,
  letObjectKeys,
  linkedOrders,
  rentNumbers,
} from "./group/contract-group.ts";
import { amountOf } from "./group/group-number.ts";
import { valueKey } from "./group/key.ts";
import { byExternalId } from "./input/identity.ts";
import { findLetObject } from "./input/rental-object-ref.ts";
import { predictOverlap } from "./input/write-rules.ts";
import { contractFields, contractFilters } from "./letting/contract-field.ts";
import { contractOrders } from "./letting/contract-state.ts";
import { monthlyPrice, rentBetween } from "./letting/rent-field.ts";
import { createColumnFactories } from "./scan/column.ts";

const column = createColumnFactories<Records["tenantContract"]>();
const price = column.decimal("price");
const typeContract = column.text("typeContract");

/** Searches texts that need only the scope READ. */
const search = textSearch<Records["tenantContract"]>(
  "externalId",
  "name",
  "number",
  "coTenant",
  "history",
  "typeContract",
);

/** A contract with the tenant of an apartment or a room. Alma: Contracts. */
export const tenantContract = defineGraphKind("tenantContract", {
  computedFields: {
    ...contractFields,
    monthlyPrice,
    rentBetween,
  },
  filters: (context) => ({
    search,
    ...contractFilters(context, "tenantContract"),
    price,
    typeContract,
  }),
  orders: {
    ...contractOrders,
    ...linkedOrders,
    PRICE: price,
    TYPE_CONTRACT: typeContract,
  },
  groups: {
    ...contractGroups,
    keys: {
      ...contractKeys,
      ...letObjectKeys,
      TYPE_CONTRACT: valueKey("typeContract", typeContract),
    },
    numbers: { ...contractGroups.numbers, price: amountOf(() => price), ...rentNumbers },
    orders: { PRICE_SUM: "price", MONTHLY_PRICE_SUM: "monthlyPrice", RENT_SUM: "rent", DAYS: "days" },
  },
  write: {
    identity: byExternalId("tenantContract"),
    refs: { rentalObject: { find: findLetObject } },
    predictRefusals: predictOverlap,
  },
});
