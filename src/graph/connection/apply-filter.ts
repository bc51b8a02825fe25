import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Members } from "../../catalog/index.ts";
import type { GraphContext } from "../record/context.ts";
import type { CompiledArguments } from "./compiled-arguments.ts";
import type { RecordPredicate } from "./parent-predicate.ts";
import { findUndecidable, reportPartialData } from "./partial-data.ts";

/** The candidates that pass the filter. Candidates for which it cannot be decided are reported as partial data. */
export function applyFilter(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { filter, isFiltered }: CompiledArguments,
  { records, failedReads, malformedEntries }: Omit<Members, "asOf">,
  isUnderParent: RecordPredicate | undefined,
): readonly CachedRecord[] {
  const undecidable = isFiltered ? findUndecidable(records, filter.requiredFields) : [];
  const partialData = { failedReads: [...failedReads, ...undecidable], malformedEntries };
  reportPartialData(context, info, partialData, isUnderParent);
  if (!isFiltered) return records;
  const excluded = new Set(undecidable.map(({ record }) => record));
  return records.filter((cached) => !excluded.has(cached) && filter.predicate(cached));
}
