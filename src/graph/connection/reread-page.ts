import type { GraphQLResolveInfo } from "graphql";
import { type CachedRecord, DETAIL, EXISTS, type Kind, type Level, SUMMARY } from "../../catalog/index.ts";
import type { GraphContext } from "../record/context.ts";
import { applyFilter } from "./apply-filter.ts";
import type { CompiledArguments } from "./compiled-arguments.ts";
import type { RecordPredicate } from "./parent-predicate.ts";

/**
 * Reads the records of a page that were found in the index, so that they are as fresh as the query asks. Returns the
 * records that still belong. A record that cannot be read stays; its fields then fail with the reason.
 */
export async function rereadPage(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kind: Kind,
  compiled: CompiledArguments,
  rows: readonly CachedRecord[],
  selectedLevel: Level,
  isUnderParent: RecordPredicate | undefined,
): Promise<readonly CachedRecord[]> {
  const level = isUnderParent ? DETAIL : (Math.max(compiled.filterLevel, selectedLevel) as Level);
  const records = await rereadRecords(context, rows, level, compiled.filter.requiredFields);
  const members = { records, failedReads: [], unplacedReads: [], malformedEntries: 0 };
  const selection = await applyFilter(context, info, kind, compiled, members, isUnderParent !== undefined);
  const matching = selection.slice(0, selection.size);
  return isUnderParent ? matching.filter(isUnderParent) : matching;
}

/** Reads the records that were last read before the cut-off. Returns all records but those that are gone. */
async function rereadRecords(
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
