import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import type { GraphContext } from "../record/context.ts";
import { tryExplain } from "../write/try-explain.ts";
import type { InputFields, Write } from "../write/write.ts";
import { isEmailAddress, isSameEmailAddress } from "./email-address.ts";
import { listRecords } from "./identity.ts";

/** Alma refuses a client with an e-mail address that another one has (Alma: Clients). */
export async function predictEmailConflict(
  write: Write,
  { email }: InputFields,
  existing?: CachedRecord,
): Promise<void> {
  if (!isEmailAddress(email)) return;
  // A dry run may rest on a list that is not read for it alone; what is told of a write that was sent may not.
  const owner = await findClientByEmail(
    write.dryRun ? write.readContext : write.freshContext(),
    email,
    existing?.id,
  );
  if (owner === undefined) return;
  const name = canSearchByEmail(write) ? owner.key : "Another client";
  const message = `${name} has this e-mail address already, and Alma takes each only once. Give another, or use that client.`;
  write.addUserError("NOT_UNIQUE", ["input", "email"], message);
}

/**
 * The client for whose e-mail address Alma has refused a write, as a message names it: by its key alone. `except` is
 * the one that is itself being changed. Undefined if it cannot be found out, or is not for the caller to know.
 */
export async function findEmailOwner(
  write: Write,
  email: unknown,
  exceptId?: number,
): Promise<string | undefined> {
  if (!isEmailAddress(email) || !canSearchByEmail(write)) return undefined;
  return (await findClientByEmail(write.freshContext(), email, exceptId))?.key;
}

/** Whose an address is, is told only to those who may also search clients by it. */
export function canSearchByEmail({ context }: Write): boolean {
  return context.scopes.has("PERSONAL");
}

/** The client that the list shows with an address. Undefined also if the list cannot be read. */
function findClientByEmail(
  context: GraphContext,
  email: string,
  exceptId?: number,
): Promise<CachedRecord | undefined> {
  return tryExplain(async () => {
    const clients = await listRecords(context, "client", ["email"]);
    return clients.find(
      ({ id, value }) => id !== exceptId && isSameEmailAddress((value as KnownFields<"client">).email, email),
    );
  });
}
