import type { GraphQLResolveInfo } from "graphql";
import { type CachedRecord, DETAIL, type Kind, type Level } from "../../catalog/index.ts";
import { applyFilter } from "../member/apply-filter.ts";
import type { CompiledArguments } from "../member/compiled-arguments.ts";
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
    selections.map(async (selection) => {
      const { kind, filter, filterLevel } = selection;
      const level = isUnderParent ? DETAIL : (Math.max(filterLevel, selectedLevelOf(kind)) as Level);
      const ofKind = rows.filter((row) => row.kind === kind);
      const records = await rereadRecords(context, ofKind, level, filter.requiredFields);
      const { matching, undecidable } = await applyFilter(context, info.fieldName, selection, records);
      const partialData = { failedReads: undecidable, unplacedReads: [], malformedEntries: 0 };
      reportPartialData(context, info, [kind], partialData, isUnderParent !== undefined);
      const remaining = matching.slice(0, matching.size).filter(({ isListed }) => isListed);
      return isUnderParent ? remaining.filter(isUnderParent) : remaining;
    }),
  );
  const remaining = new Set(parts.flat());
  return rows.filter((row) => remaining.has(row));
}
