import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  EXISTS,
  type FailedReads,
  findFieldError,
  type Kind,
  kindDefinitions,
  type Level,
  type Members,
  type MembersBelow,
  type PartialDataError,
  type ReadRequest,
  SUMMARY,
} from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Finds the members of a kind that refer to one of these parents. Rejects with AlmaError. */
export const findReferrers = (
  { catalog, operation }: GraphContext,
  kind: Kind,
  relation: string,
  parents: readonly number[],
) => catalog.findMembers(operation, { kind, needsDetails: true, referringTo: { relation, parents } });

/**
 * Finds the members behind a reverse link for all parents, once per operation. Returns undefined if `findMembers` must
 * read data or report missing data.
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

/** Reads records last read before the cut-off again. Returns all that still exist. */
export async function rereadRecords(
  context: GraphContext,
  rows: readonly CachedRecord[],
  level: Level,
  decidingFields: readonly string[],
): Promise<CachedRecord[]> {
  const cutoff = context.operation.connectionCutoff;
  // A list proves that its records exist, and shows some of their fields.
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

/** Reads records in parallel, and reports which failed. Throws AlmaError if the operation was stopped. */
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

/** The missing data of a list. */
export type PartialData = Pick<Members, "failedReads" | "readsOfUnknownParent" | "malformedEntries">;

/** Combines the missing data of several reads, with one failed read per record: several links may lead to it. */
export const mergePartialData = (...parts: readonly (Partial<PartialData> | undefined)[]): PartialData => ({
  failedReads: unique(parts.flatMap((part) => part?.failedReads ?? [])),
  readsOfUnknownParent: unique(parts.flatMap((part) => part?.readsOfUnknownParent ?? [])),
  malformedEntries: parts.reduce((sum, part) => sum + (part?.malformedEntries ?? 0), 0),
});

function unique(failedReads: FailedReads) {
  if (failedReads.length < 2) return failedReads;
  return [...new Map(failedReads.map((failedRead) => [failedRead.record, failedRead])).values()];
}

/** Finds the records for which a deciding field could not be decoded. */
export function findUndecidable(records: readonly CachedRecord[], fields: readonly string[]): FailedReads {
  const undecidable: FailedReads[number][] = [];
  for (const record of records) {
    const error = findFieldError(record, fields);
    if (error) undecidable.push({ record, error });
  }
  return undecidable;
}

/**
 * Reports missing data in lists of these kinds as errors, in addition to the data. Behind a reverse link, a record is
 * reported where it belonged when last read. Records never read, and malformed entries, may belong to any list of their
 * kind; they are reported once per answer, always at the same place.
 */
export function reportPartialData(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kinds: readonly Kind[],
  { failedReads, readsOfUnknownParent, malformedEntries }: PartialData,
  isReverseEdge: boolean,
): void {
  if (failedReads.length > 0)
    addPartialDataError(
      context,
      info,
      partialDataError(failedReads, "they are left out, although they may belong here"),
    );
  const places = isReverseEdge ? "here or in other lists of the same kind" : "here";
  const report = (of: string, makeError: () => AlmaError) =>
    isReverseEdge
      ? reportOnce(context, info, of, makeError)
      : addPartialDataError(context, info, makeError());
  for (const kind of new Set(readsOfUnknownParent.map(({ record }) => record.kind)))
    report(`${kind} in ${kinds}`, () =>
      partialDataError(
        readsOfUnknownParent.filter(({ record }) => record.kind === kind),
        `they are left out, although they may belong ${places}`,
      ),
    );
  if (malformedEntries > 0) report(`${kinds}`, () => malformedEntriesError(malformedEntries, places));
}

/** Adds an error that concerns many lists, at the path of the first one affected. */
function reportOnce(
  { operation, reportedOnce }: GraphContext,
  { path }: GraphQLResolveInfo,
  of: string,
  makeError: () => AlmaError,
) {
  const place = pathAboveRows(path);
  const reported = reportedOnce.get(of);
  if (!reported) {
    const error = { error: operation.countFieldError(makeError()), path: place };
    operation.partialDataErrors.push(error);
    reportedOnce.set(of, error);
  } else if (place.join() < reported.path.join()) reported.path = place;
}

/** Adds an error at the path of a list. */
export function addPartialDataError(
  { operation }: GraphContext,
  { path }: GraphQLResolveInfo,
  error: AlmaError,
): void {
  operation.partialDataErrors.push({
    error: operation.countFieldError(error),
    path: responsePathAsArray(path),
  });
}

/** Returns the path, or the path of the outermost list that contains it. */
function pathAboveRows(path: GraphQLResolveInfo["path"]): PartialDataError["path"] {
  let place = path;
  for (let at: typeof path | undefined = path; at; at = at.prev) {
    const list = typeof at.key === "number" ? at.prev : undefined;
    if (list) place = (list.typename?.endsWith("Connection") && list.prev) || list;
  }
  return responsePathAsArray(place);
}

/** Creates the error for records that could not be read. `consequence` follows "so" in the message. */
export function partialDataError(failedReads: FailedReads, consequence: string): AlmaError {
  const [first] = failedReads;
  const { code = "ALMA_BAD_ANSWER", message = "" } = first?.error ?? {};
  return new AlmaError(
    code,
    `${failedReads.length} of the records that decide this could not be read (the first is ${first?.record.key}), so ` +
      `${consequence}. ${message}`,
  );
}

/** Creates the error for list entries without a usable id. */
export function malformedEntriesError(count: number, places = "here"): AlmaError {
  const message = `${count} entries of one of Alma's lists have no usable id, so they are left out ${places}. Tell Alma's operator.`;
  return new AlmaError("ALMA_BAD_ANSWER", message);
}
