import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import { bestEffort } from "../write/polling.ts";
import type { InputFields, Write, WriteRule } from "../write/write.ts";
import { canSearchByEmail, isEmailAddress, isSameEmailAddress } from "./email.ts";
import { hasName, listRecords } from "./identity.ts";

/**
 * Adds a user error if another client has the e-mail address, which is unique in Alma (Alma: Clients). Does
 * nothing if the caller may not search by it.
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
  const message = `${owner.key} has this e-mail address already, and Alma accepts each only once. Give another, or use that client.`;
  write.addUserError("NOT_UNIQUE", ["input", "email"], message);
};

/**
 * Finds the client whose listed address is this one. Undefined if there is none, the list cannot be read, or the caller
 * may not search by it.
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

/** The maximum number of records with one name whose details are read to find the one in the same scope. */
const MAX_NAMESAKES = 50;

/**
 * Finds another record with the name of a draft or of changes. Names are unique within the project of a
 * building and the building of a unit (Alma: Buildings, Apartments, POST); for rooms, undocumented, within
 * the unit. `scope` is the field of that parent. The list of names is read after `cutoff`. Undefined if the
 * name is free or not written, or if the caller may not read. Throws AlmaError.
 */
export async function findNameOwner(
  { kind, mayRead, resource: { nameScope: scope } }: Write,
  fields: InputFields,
  existing: CachedRecord | undefined,
  context: GraphContext,
  cutoff: number,
): Promise<{ readonly owner: CachedRecord; readonly scope: string } | undefined> {
  if (!mayRead || scope === undefined || !("name" in fields || scope in fields)) return undefined;
  const { name: written, [scope]: parent } = { ...existing?.value, ...fields };
  const scopeId = idOf(parent);
  if (scopeId === undefined || typeof written !== "string") return undefined;
  const { catalog, operation } = context;
  await catalog.readList(operation, kind, cutoff);
  const namesakes = (await listRecords(context, kind, ["name"])).filter(
    (record) => record.id !== existing?.id && hasName(record, { name: written }),
  );
  if (namesakes.length > MAX_NAMESAKES) return undefined;
  const details = await Promise.all(
    namesakes.map((record) => context.loadDetail(record, operation.connectionCutoff)),
  );
  const owner = details.find((record) => idOf(record?.value[scope]) === scopeId);
  return owner && { owner, scope };
}

/**
 * Adds a user error if another record has the name. A record with the draft's Bitrix id is the result of a
 * create of unknown outcome.
 */
export const predictTakenName: WriteRule = async (write, fields, existing) => {
  const context = write.readContext;
  const cutoff = context.operation.namedCutoff;
  const taken = await bestEffort(() => findNameOwner(write, fields, existing, context, cutoff));
  if (!taken || (fields.externalId != null && taken.owner.value.externalId === fields.externalId)) return;
  const message = `${taken.owner.key} has this name already, which is unique within its ${taken.scope}. Give another name.`;
  write.addUserError("NOT_UNIQUE", ["input", "name"], message);
};

function idOf(value: unknown) {
  if (typeof value === "number") return value;
  const { id } = (value ?? {}) as { readonly id?: unknown };
  return typeof id === "number" ? id : undefined;
}
