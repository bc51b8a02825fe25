import { AlmaError, isSameExternalId } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { DETAIL, NEVER, SUMMARY } from "../record/source.ts";
import type { Table } from "../store/table.ts";

/** The maximum number of records that a message names. */
const MAX_NAMED = 10;

/** A Bitrix id, the tables in which a record may have it, and whether a record has it by what is known of it. */
export interface Sought {
  readonly externalId: string;
  readonly tables: readonly Table[];
  readonly isHolder: (cached: CachedRecord) => boolean;
}

/** The reads that decide who has a Bitrix id. They note failures in the records and the table. */
interface HolderReads {
  readonly readList: (table: Table) => Promise<unknown>;
  readonly readDetails: (records: readonly CachedRecord[]) => Promise<unknown>;
}

/** Whether a record has a Bitrix id as its own. */
export const hasExternalId =
  (externalId: string) =>
  ({ value }: CachedRecord): boolean =>
    isSameExternalId(value.externalId, externalId);

/**
 * The records with a Bitrix id, of those that have it by what is known of them. Details that decide this and are from
 * before the cut-off are read again. Throws the AlmaError of a read that failed at `since` or later.
 */
export async function findHolders(
  records: Iterable<CachedRecord>,
  { externalId, isHolder }: Sought,
  { cutoff, since }: { readonly cutoff: number; readonly since: number },
  { readDetails }: Pick<HolderReads, "readDetails">,
): Promise<readonly CachedRecord[]> {
  const candidates = [...records].filter(isHolder);
  const hasId = hasExternalId(externalId);
  const old = candidates.filter(
    (cached) =>
      !(cached.asOf(DETAIL) > cutoff) &&
      !(cached.isListed && hasId(cached) && cached.asOf(SUMMARY, "externalId") > cutoff),
  );
  await readDetails(old);
  for (const cached of old) {
    const error = cached.failureSince(since);
    if (error) throw error;
  }
  return candidates.filter((cached) => isHolder(cached) && !cached.isGone(cutoff));
}

/** Throws AMBIGUOUS_REF if several records have a Bitrix id, so that it names none of them. */
export function assertUnambiguous(externalId: string, holders: readonly CachedRecord[]): void {
  if (holders.length < 2) return;
  const named = holders.slice(0, MAX_NAMED).map(({ key }) => key);
  if (holders.length > MAX_NAMED) named.push(`${holders.length - MAX_NAMED} more`);
  throw new AlmaError(
    "AMBIGUOUS_REF",
    `A record was asked for by the Bitrix id ${JSON.stringify(externalId)}, which ${holders.length} records share: ` +
      `${named.join(", ")}. Use the almaId of one of them, or give each its own Bitrix id ` +
      "in Alma.",
  );
}

/**
 * Throws AMBIGUOUS_REF if a lookup by Bitrix id may have failed since several records have the id by what these lists
 * show: Alma fails then, or answers with something else than a record. Details of which nothing is known are read if
 * the list does not show Bitrix ids (Alma: Buildings).
 */
export async function assertUnambiguousIn(
  sought: Sought,
  times: { readonly cutoff: number; readonly since: number },
  reads: HolderReads,
): Promise<void> {
  const findIn = async (table: Table) => {
    await reads.readList(table);
    const isShown = table.definition.summaryFields.includes("externalId");
    await reads.readDetails(isShown ? [] : table.listed.filter(({ detailAt }) => detailAt === NEVER));
    return findHolders(table.listed, sought, times, reads);
  };
  const holders = await Promise.all(sought.tables.map(findIn)).catch(() => []);
  assertUnambiguous(sought.externalId, holders.flat());
}
