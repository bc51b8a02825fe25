import type { Records } from "../alma/index.ts";
import { textSearch } from "./argument/filter.ts";
import { defineGraphKind } from "./graph-kind.ts";
import { choiceKey, valueKey } from "./group/key.ts";
import { clientIdentity } from "./input/identity.ts";
import { predictEmailConflict } from "./input/taken-value.ts";
import { almaId, createColumnFactories } from "./scan/column.ts";

const column = createColumnFactories<Records["client"]>();

/** Searches texts that need only the scope READ. */
const search = textSearch<Records["client"]>("externalId", "firstName", "lastName", "status");

/** A person who owns or rents. Alma: Clients. */
export const client = defineGraphKind("client", {
  filters: () => ({
    search,
    almaId,
    externalId: column.externalId("externalId"),
    firstName: column.text("firstName"),
    lastName: column.text("lastName"),
    status: column.text("status"),
    email: column.text("email"),
  }),
  orders: {
    ALMA_ID: almaId,
    EXTERNAL_ID: column.externalId("externalId"),
    FIRST_NAME: column.text("firstName"),
    LAST_NAME: column.text("lastName"),
    STATUS: column.text("status"),
  },
  groups: {
    keys: {
      STATUS: valueKey("status", column.text("status")),
      COUNTRY: choiceKey("country", column.text("country", "value")),
    },
  },
  write: {
    identity: clientIdentity,
    // Always 4 (Alma: Clients, POST).
    defaults: () => ({ country: "4" }),
    predictRefusals: predictEmailConflict,
  },
});
