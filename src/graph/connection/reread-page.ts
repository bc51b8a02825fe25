import type { GraphQLResolveInfo } from "graphql";
import { type CachedRecord, DETAIL, EXISTS, type Kind, type Level, SUMMARY } from "../../catalog/index.ts";
import { applyFilter } from "../member/apply-filter.ts";
import type { CompiledArguments, KindSelection } from "../member/compiled-arguments.ts";
import type { RecordPredicate } from "../member/parent-predicate.ts";
import { reportPartialData } from "../member/partial-data.ts";
import type { GraphContext } from "../resolver/context.ts";

/**
 * Reads the records of a page that were found in the index, so that they are as fresh as the query asks. Returns the
 * records that still belong. A record that cannot be read stays; its fields then fail with the reason.
 */
export async function rereadPage(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { selections }: CompiledArguments,
  rows: readonly CachedRecord[],
  selectedLevelOf: (kind: Kind) => Level,
  isUnderParent: RecordPredicate | undefined,
): Promise<readonly CachedRecord[]> {
  const parts = await Promise.all(
    selections.map((selection) => {
      const level = isUnderParent ? DETAIL : Math.max(selection.filterLevel, selectedLevelOf(selection.kind));
      const ofKind = rows.filter(({ kind }) => kind === selection.kind);
      return rereadKind(context, info, selection, ofKind, level as Level, isUnderParent);
    }),
  );
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const remaining = new Set(parts.flat());
  return rows.filter((row) => remaining.has(row));
}

async function rereadKind(
  context: GraphContext,
  info: GraphQLResolveInfo,
  selection: KindSelection,
  rows: readonly CachedRecord[],
  level: Level,
  isUnderParent: RecordPredicate | undefined,
): Promise<readonly CachedRecord[]> {
  const records = await rereadRecords(context, rows, level, selection.filter.requiredFields);
  const { matching, undecidable } = await applyFilter(context, info.fieldName, selection, records);
  const partialData = { failedReads: undecidable, unplacedReads: [], malformedEntries: 0 };
  reportPartialData(context, info, [selection.kind], partialData, isUnderParent !== undefined);
  const remaining = matching.slice(0, matching.size).filter(({ isListed }) => isListed);
  return isUnderParent ? remaining.filter(isUnderParent) : remaining;
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
