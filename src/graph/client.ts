import type { Client } from "../alma/index.ts";
import { almaId, columns } from "./column.ts";
import { many } from "./edge.ts";
import { foreseeEmail } from "./email.ts";
import { entity } from "./entity.ts";
import { clientIdentity } from "./identity.ts";

const of = columns<Client>();

/** A person who owns or rents. Alma: Clients. */
export const client = entity("client", {
  edges: {
    tenantContracts: many("tenantContract", "client"),
    ownerContracts: many("ownerContract", "client"),
  },
  filters: () => ({
    almaId,
    externalId: of.text("externalId"),
    firstName: of.text("firstName"),
    lastName: of.text("lastName"),
    status: of.text("status"),
    email: of.text("email"),
  }),
  orders: {
    ALMA_ID: almaId,
    EXTERNAL_ID: of.text("externalId"),
    FIRST_NAME: of.text("firstName"),
    LAST_NAME: of.text("lastName"),
    STATUS: of.text("status"),
  },
  write: {
    identity: clientIdentity,
    ids: ["passportScan", "idScan"],
    // Alma: Clients, POST: always 4.
    defaults: () => ({ country: "4" }),
    foresee: foreseeEmail,
  },
});
