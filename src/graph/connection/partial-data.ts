import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, findFieldError, type Members } from "../../catalog/index.ts";
import type { GraphContext } from "../record/context.ts";

/** Records of which nobody can say whether they belong where they are asked for, each with the reason. */
export type FailedReads = Members["failedReads"];

/** What a choice rests on: the oldest reading behind it, and of whom nobody can say whether they count. */
export type ReadOutcome = Pick<Members, "asOf" | "failedReads">;

/** The records of which Alma answered unreadably one of these fields, which decide something. */
export function findUndecidable(records: readonly CachedRecord[], fields: readonly string[]): FailedReads {
  const undecidable: FailedReads[number][] = [];
  for (const record of records) {
    const error = findFieldError(record, fields);
    if (error) undecidable.push({ record, error });
  }
  return undecidable;
}

/**
 * Says beside the data what could not be taken into account. A record that, when it was last read, belonged here is
 * told at this path; of all others nobody knows where they belong: they are told once for each place in the query.
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
    addError(partialDataError(others, `nobody knows whether they belong ${scope}, and they are left out`));
  }
  if (malformedEntries > 0) addError(malformedEntriesError(malformedEntries));
}

/** Whether this is the first of the objects at its place in the query; a fragment has a place for each spread. */
function isFirstAtPath({ memo }: GraphContext, { fieldNodes: [node], path }: GraphQLResolveInfo): boolean {
  const fieldPaths = (memo.get(node) as Set<string> | undefined) ?? new Set();
  memo.set(node, fieldPaths);
  const fieldPath = responsePathAsArray(path)
    .filter((key) => typeof key === "string")
    .join(".");
  return fieldPaths.size < fieldPaths.add(fieldPath).size;
}

/** What is wrong with records of which nobody knows what would decide. */
export function partialDataError(failedReads: FailedReads, consequence: string): AlmaError {
  const [first] = failedReads;
  const { code = "ALMA_BAD_ANSWER", message = "" } = first?.error ?? {};
  return new AlmaError(
    code,
    `${failedReads.length} of the records that decide this could not be read (the first is ${first?.record.key}), so ` +
      `${consequence}. ${message}`,
  );
}

/** What is wrong with entries of a list that are no records. */
export function malformedEntriesError(count: number): AlmaError {
  const message = `${count} entries of one of Alma's lists have no usable id, so they are left out here. Tell Alma's operator.`;
  return new AlmaError("ALMA_BAD_ANSWER", message);
}
