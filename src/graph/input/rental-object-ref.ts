import { type CachedRecord, isArchived, matchesExternalId } from "../../catalog/index.ts";
import { findByExternalId, lookUpUnitFirst } from "../resolver/resolve-ref.ts";
import type { RefRefusal, Write } from "../write/write.ts";

/**
 * Finds the rental object of an owner contract by Bitrix id: a unit, or a room that is refused later. Throws
 * AlmaError.
 */
export async function findOwnedUnit(
  { readContext }: Write,
  externalId: string,
): Promise<CachedRecord | undefined> {
  return (await lookUpUnitFirst(readContext, externalId)).record;
}

/**
 * Finds the rental object of a tenant contract by Bitrix id. Bitrix numbers apartments and units separately, so a unit
 * and a room may share one id, as their own or as the additional id of a unit let as a whole. Alma's lookup picks one;
 * the caller must choose among those that are not archived. Undefined if there is none. Throws AlmaError.
 */
export async function findLetObject(
  write: Write,
  externalId: string,
): Promise<CachedRecord | RefRefusal | undefined> {
  const { readContext } = write;
  const chosen = await findByExternalId(readContext, "rentalObject", externalId);
  if (!chosen) return undefined;
  const [unit, room] = await Promise.all([
    write.findByExternalId(externalId, "unit"),
    chosen.kind === "room" ? chosen : write.findByExternalId(externalId, "room"),
  ]);
  const remembered = readContext.catalog.store.findRepresentatives(externalId);
  const candidates = new Set([chosen, unit, room, ...remembered].filter((record) => record !== undefined));
  if (candidates.size === 1) return chosen;
  const { namedCutoff: cutoff } = readContext.operation;
  const details = await Promise.all([...candidates].map((record) => readContext.loadDetail(record, cutoff)));
  const current = details.filter(
    (record) => record !== undefined && !isArchived(record) && matchesExternalId(record, externalId),
  ) as readonly CachedRecord[];
  if (current.length < 2) return current[0] ?? chosen;
  const names = [...current].sort((a, b) => a.id - b.id).map((record) => describe(write, record));
  const message =
    `Several records in Alma answer to the Bitrix id ${JSON.stringify(externalId)}: ` +
    `${names.join(" and ")}. Bitrix numbers apartments and units separately. ` +
    "Name the one that is let, by its id or almaId.";
  return { code: "INVALID", message };
}

/** Formats `Unit:3 ("103")`. The name is shown only to callers that may read it. */
function describe({ mayRead }: Write, { key, value: { name } }: CachedRecord) {
  return typeof name === "string" && mayRead ? `${key} (${JSON.stringify(name)})` : key;
}
