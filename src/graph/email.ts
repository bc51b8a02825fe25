import { AlmaError } from "../alma/index.ts";
import type { Entry, Known } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { listNow } from "./identity.ts";
import type { Values, Write } from "./writing.ts";

/** Alma refuses a client with an e-mail address that another one has (Alma: Clients). */
export async function foreseeEmail(write: Write, { email }: Values, before?: Entry): Promise<void> {
  if (typeof email !== "string") return;
  // A dry run may rest on a list that is not read for it alone; what is told of a write that was sent may not.
  const other = await clientWith(write.dryRun ? write.reading : write.fresh(), email, before?.id);
  if (other === undefined) return;
  const message = `${other} has this e-mail address already, and Alma takes each only once. Give another, or use that client.`;
  write.refuse("NOT_UNIQUE", ["input", "email"], message);
}

/**
 * The client that has an e-mail address, in whatever case, as a message names it: by its key alone. `except` is the one
 * that is itself being changed. Undefined if the list shows none, or cannot be read.
 */
export async function clientWith(
  context: GraphContext,
  email: string,
  except?: number,
): Promise<string | undefined> {
  const plain = (address: string | null | undefined) => address?.trim().toLowerCase();
  try {
    const clients = await listNow(context, "client");
    return clients.find(
      ({ id, value }) => id !== except && plain((value as Known<"client">).email) === plain(email),
    )?.key;
  } catch (error) {
    if (!(error instanceof AlmaError)) throw error;
    return undefined;
  }
}
