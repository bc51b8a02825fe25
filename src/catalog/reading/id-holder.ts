import { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, SUMMARY } from "../store/cached-record.ts";
import type { FieldValues } from "../store/source.ts";
import type { Table } from "../store/table.ts";

/** The maximum number of records that a message names. */
const MAX_NAMED = 10;

/** Reads details that are from before the cut-off, and notes failures in the records. */
type ReadDetails = (records: readonly CachedRecord[]) => Promise<unknown>;

/** Whether a record has a Bitrix id. */
export const hasExternalId =
  (externalId: string) =>
  (value: FieldValues): boolean =>
    value.externalId === externalId;

/** Whether a unit or room answers to a Bitrix id, which may be the unit's additional id (Alma: Rental object). */
export const answersTo =
  (externalId: string) =>
  (value: FieldValues): boolean =>
    value.externalId === externalId ||
    (value.isUsedAdditionalExternalId === true && value.additionalExternalId === externalId);

/**
 * The listed records with a Bitrix id, of those that have it by what is known of them. Details that decide this and are
 * from before the cut-off are read again. Throws the AlmaError of a read that failed at `since` or later.
 */
export async function findHolders(
  { listed }: Pick<Table, "listed">,
  isHolder: (value: FieldValues) => boolean,
  { cutoff, since }: { readonly cutoff: number; readonly since: number },
  readDetails: ReadDetails,
): Promise<readonly CachedRecord[]> {
  const matches = ({ value }: CachedRecord) => isHolder(value);
  const candidates = listed.filter(matches);
  const old = candidates.filter(
    (cached) => !(cached.asOf(SUMMARY, "externalId") > cutoff || cached.asOf(DETAIL) > cutoff),
  );
  await readDetails(old);
  for (const cached of old) {
    const error = cached.failureSince(since);
    if (error) throw error;
  }
  return candidates.filter((cached) => matches(cached) && !cached.isGone(cutoff));
}

/** Throws AMBIGUOUS_REF if several records have a Bitrix id, so that it names none of them. */
export function assertUnambiguous(externalId: string, holders: readonly CachedRecord[]): void {
  if (holders.length < 2) return;
  const named = holders.slice(0, MAX_NAMED).map(({ key }) => key);
  if (holders.length > MAX_NAMED) named.push(`${holders.length - MAX_NAMED} more`);
  throw new AlmaError(
    "AMBIGUOUS_REF",
    `A record was asked for by the Bitrix id ${JSON.stringify(externalId)}, which ${holders.length} records share: ` +
      `${named.join(", ")}. Ask for one of them by its almaId; whoever maintains Alma's data has to give each an id ` +
      "of its own.",
  );
}
