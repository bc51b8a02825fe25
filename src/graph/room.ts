import type { Records } from "../alma/index.ts";
import { textSearch } from "./argument/filter.ts";
import { defineGraphKind } from "./graph-kind.ts";
import { linkKey } from "./group/key.ts";
import { rentalObjectAmounts, rentalObjectKeys } from "./group/rental-object-group.ts";
import { roomIdentity } from "./input/identity.ts";
import { refuseRepresentedId } from "./input/letting-rule.ts";
import { refuseWholeLet } from "./input/write-rules.ts";
import { roomLettingFields } from "./letting/letting-field.ts";
import { parentUnitId } from "./letting/rental-object-column.ts";
import { rentalObjectFilters, rentalObjectOrders, unitFilters } from "./rental-object.ts";

/** Searches texts that need only the scope READ. */
const search = textSearch<Records["room"]>("externalId", "name", "header", "number", "status");

/** A room or a bed in an apartment. Alma: Units. */
export const room = defineGraphKind("room", {
  computedFields: roomLettingFields,
  filters: (context) => ({
    search,
    ...rentalObjectFilters(context, "room"),
    ...unitFilters(context, "room"),
  }),
  orders: rentalObjectOrders,
  groups: {
    ...rentalObjectAmounts,
    keys: {
      ...rentalObjectKeys,
      UNIT: linkKey("unit", ["unit"], parentUnitId),
    },
  },
  write: {
    identity: roomIdentity,
    check: refuseRepresentedId,
    refs: { parentUnit: { check: refuseWholeLet } },
  },
});
