import type { GraphQLResolveInfo } from "graphql";
import { type CachedRecord, DETAIL, type Kind, type Level } from "../../catalog/index.ts";
import { applyFilter } from "../member/apply-filter.ts";
import type { CompiledArguments, KindSelection } from "../member/compiled-arguments.ts";
import type { RecordPredicate } from "../member/parent-predicate.ts";
import { reportPartialData } from "../member/partial-data.ts";
import { rereadRecords } from "../member/reread-records.ts";
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
