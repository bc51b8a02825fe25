import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import { bestEffort } from "../write/user-error.ts";
import type { WriteRule } from "../write/write-spec.ts";
import { canSearchByEmail, isEmailAddress, isSameEmailAddress, listRecords } from "./identity.ts";

/**
 * Adds a user error if another client has the e-mail address: Alma keeps it unique (Alma: Clients). Adds none for a
 * caller that may not search by it.
 */
export const predictEmailConflict: WriteRule = async (write, { email }, existing) => {
  if (!isEmailAddress(email)) return;
  // A dry run may use the cached list. After a write was sent, the list is read again.
  const owner = await findClientByEmail(
    write.dryRun ? write.readContext : write.freshContext(),
    email,
    existing?.id,
  );
  if (owner === undefined) return;
  const message = `${owner.key} has this e-mail address already, and Alma takes each only once. Give another, or use that client.`;
  write.addUserError("NOT_UNIQUE", ["input", "email"], message);
};

/**
 * The client that Alma's list shows with an address. Undefined if there is none, if the list cannot be read, or if the
 * caller may not search by it.
 */
export async function findClientByEmail(
  context: GraphContext,
  email: string,
  exceptId?: number,
): Promise<CachedRecord | undefined> {
  if (!canSearchByEmail(context)) return undefined;
  return bestEffort(async () => {
    const clients = await listRecords(context, "client", ["email"]);
    return clients.find(
      ({ id, value }) => id !== exceptId && isSameEmailAddress((value as KnownFields<"client">).email, email),
    );
  });
}
