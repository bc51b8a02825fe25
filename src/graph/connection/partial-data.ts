import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, findFieldError, type Members } from "../../catalog/index.ts";
import type { GraphContext } from "../record/context.ts";

/** Records that could not be read, with the error: it is not known whether they belong to a result. */
export type FailedReads = Members["failedReads"];

/** The oldest reading behind a result, and the reads that failed. */
export type ReadOutcome = Pick<Members, "asOf" | "failedReads">;

/** The undecidable records: one of these fields, which decide whether they belong, could not be decoded. */
export function findUndecidable(records: readonly CachedRecord[], fields: readonly string[]): FailedReads {
  const undecidable: FailedReads[number][] = [];
  for (const record of records) {
    const error = findFieldError(record, fields);
    if (error) undecidable.push({ record, error });
  }
  return undecidable;
}

/**
 * Reports which records a list leaves out, as errors beside the data. A record that belonged to this list when it was
 * last read is reported at this path. Where other records belong is unknown: they are reported once for each list
 * field of the query, at the path of the first object that has it.
 */
export function reportPartialData(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { failedReads, malformedEntries }: Pick<Members, "failedReads" | "malformedEntries">,
  isMember?: (cached: CachedRecord) => boolean,
): void {
  if (failedReads.length === 0 && malformedEntries === 0) return;
  const addError = (error: AlmaError) =>
    context.operation.partialDataErrors.push({
      error: context.operation.countFieldError(error),
      path: responsePathAsArray(info.path),
    });
  const own = isMember ? failedReads.filter(({ record }) => isMember(record)) : [];
  if (own.length > 0) addError(partialDataError(own, "they are left out here"));
  if (!isFirstAtPath(context, info)) return;
  const others = isMember ? failedReads.filter(({ record }) => !isMember(record)) : failedReads;
  if (others.length > 0) {
    const scope = isMember ? "here or at another place of the same list" : "here";
    addError(partialDataError(others, `it is not known whether they belong ${scope}, and they are left out`));
  }
  if (malformedEntries > 0) addError(malformedEntriesError(malformedEntries));
}

/**
 * Whether this is the first object that is resolved at its path without list positions. Each spread of a fragment has
 * paths of its own.
 */
function isFirstAtPath({ memo }: GraphContext, { fieldNodes: [node], path }: GraphQLResolveInfo): boolean {
  const fieldPaths = (memo.get(node) as Set<string> | undefined) ?? new Set();
  memo.set(node, fieldPaths);
  const fieldPath = responsePathAsArray(path)
    .filter((key) => typeof key === "string")
    .join(".");
  return fieldPaths.size < fieldPaths.add(fieldPath).size;
}

/** The error for records that could not be read. `consequence` follows the word "so" in its message. */
export function partialDataError(failedReads: FailedReads, consequence: string): AlmaError {
  const [first] = failedReads;
  const { code = "ALMA_BAD_ANSWER", message = "" } = first?.error ?? {};
  return new AlmaError(
    code,
    `${failedReads.length} of the records that decide this could not be read (the first is ${first?.record.key}), so ` +
      `${consequence}. ${message}`,
  );
}

/** The error for malformed entries: list entries without a usable id. */
export function malformedEntriesError(count: number): AlmaError {
  const message = `${count} entries of one of Alma's lists have no usable id, so they are left out here. Tell Alma's operator.`;
  return new AlmaError("ALMA_BAD_ANSWER", message);
}
