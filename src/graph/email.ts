import type { Entry, Known } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { isAddress, isSameAddress } from "./email-address.ts";
import { explanation } from "./explanation.ts";
import { listNow } from "./identity.ts";
import type { Values, Write } from "./writing.ts";

/** Alma refuses a client with an e-mail address that another one has (Alma: Clients). */
export async function foreseeEmail(write: Write, { email }: Values, before?: Entry): Promise<void> {
  if (!isAddress(email)) return;
  // A dry run may rest on a list that is not read for it alone; what is told of a write that was sent may not.
  const other = await clientWith(write.dryRun ? write.reading : write.fresh(), email, before?.id);
  if (other === undefined) return;
  const name = maySearchByEmail(write) ? other.key : "Another client";
  const message = `${name} has this e-mail address already, and Alma takes each only once. Give another, or use that client.`;
  write.refuse("NOT_UNIQUE", ["input", "email"], message);
}

/**
 * The client for whose e-mail address Alma has refused a write, as a message names it: by its key alone. `except` is
 * the one that is itself being changed. Undefined if it cannot be found out, or is not for the caller to know.
 */
export async function clientInTheWay(
  write: Write,
  email: unknown,
  except?: number,
): Promise<string | undefined> {
  if (!isAddress(email) || !maySearchByEmail(write)) return undefined;
  return (await clientWith(write.fresh(), email, except))?.key;
}

/** Whose an address is, is told only to those who may also search clients by it. */
export function maySearchByEmail({ context }: Write): boolean {
  return context.scopes.has("PERSONAL");
}

/** The client that the list shows with an address. Undefined also if the list cannot be read. */
function clientWith(context: GraphContext, email: string, except?: number): Promise<Entry | undefined> {
  return explanation(async () => {
    const clients = await listNow(context, "client", ["email"]);
    return clients.find(
      ({ id, value }) => id !== except && isSameAddress((value as Known<"client">).email, email),
    );
  });
}
