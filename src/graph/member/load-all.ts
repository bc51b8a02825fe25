import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  EXISTS,
  type FailedReads,
  type Kind,
  kindDefinitions,
  type Level,
  type MembersBelow,
  type ReadRequest,
  SUMMARY,
} from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";

/** The members of a kind that refer to any of these parents by a relation. Rejects with AlmaError. */
export const findReferrers = (
  { catalog, operation }: GraphContext,
  kind: Kind,
  relation: string,
  parents: readonly number[],
) => catalog.findMembers(operation, { kind, needsDetails: true, referringTo: { relation, parents } });

/**
 * The members behind a reverse edge for all parents, found out once in an operation. Undefined where `findMembers` of
 * the catalog has to read something, or tells what is left out.
 */
export function findMembersBelow(
  context: GraphContext,
  kind: Kind,
  relation: string,
): MembersBelow | undefined {
  const { catalog, operation, memo } = context;
  const key = kindDefinitions[kind].relations[relation];
  const known = memo.get(key) as MembersBelow | undefined;
  if (known?.isCurrent) return known;
  const found = catalog.findMembersBelow(operation, kind, relation);
  if (found) memo.set(key, found);
  return found;
}

/** Reads the records that were last read before the cut-off. Returns all records but those that are gone. */
export async function rereadRecords(
  context: GraphContext,
  rows: readonly CachedRecord[],
  level: Level,
  decidingFields: readonly string[],
): Promise<CachedRecord[]> {
  const cutoff = context.operation.connectionCutoff;
  // A list says that its records exist, and shows some of their fields.
  const isShownByList = (cached: CachedRecord) =>
    level !== DETAIL &&
    cached.asOf(EXISTS) > cutoff &&
    decidingFields.every((field) => cached.asOf(SUMMARY, field) > cutoff) &&
    !cached.isGone(cutoff);
  const request = { level: Math.max(level, SUMMARY) as Level, cutoff };
  const results = await Promise.allSettled(
    rows.map((record) => (isShownByList(record) ? record : context.load({ record, ...request }))),
  );
  return rows.filter((_, index) => {
    const result = results[index];
    return result?.status === "rejected" || result?.value !== undefined;
  });
}

/** Reads records side by side, and says which could not be read. Throws AlmaError if the operation was stopped. */
export async function loadAll<R extends ReadRequest["record"]>(
  { catalog, operation }: GraphContext,
  records: readonly R[],
  load: (record: R) => Promise<unknown>,
): Promise<FailedReads> {
  const results = await Promise.allSettled(records.map(load));
  operation.throwIfStopped();
  return records.flatMap((record: ReadRequest["record"], index) => {
    const result = results[index];
    if (result?.status !== "rejected") return [];
    if (!(result.reason instanceof AlmaError)) throw result.reason;
    const failed = "rentalObject" in record ? catalog.store.findUnlistedObject(record.rentalObject) : record;
    return [{ record: failed, error: result.reason }];
  });
}
