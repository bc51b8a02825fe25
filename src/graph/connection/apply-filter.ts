import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { PromiseOrValue } from "../execution/promise-or-value.ts";
import { filterSteps } from "../execution/steps.ts";
import type { GraphContext } from "../record/context.ts";
import type { CompiledArguments } from "./compiled-arguments.ts";
import { findUndecidable, type PartialData, reportPartialData } from "./partial-data.ts";

/** The candidates that pass the filter. Candidates for which it cannot be decided are reported as partial data. */
export function applyFilter(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kind: Kind,
  { filter, isFiltered }: CompiledArguments,
  { records, ...partialData }: { readonly records: readonly CachedRecord[] } & PartialData,
  isReverseEdge: boolean,
): PromiseOrValue<readonly CachedRecord[]> {
  const undecidable = isFiltered ? findUndecidable(records, filter.requiredFields) : [];
  const failedReads = [...partialData.failedReads, ...undecidable];
  reportPartialData(context, info, kind, { ...partialData, failedReads }, isReverseEdge);
  if (!isFiltered) return records;
  const excluded = new Set(undecidable.map(({ record }) => record));
  const isMatch = (cached: CachedRecord) => !excluded.has(cached) && filter.predicate(cached);
  const { conditionCount } = filter;
  return context.limits.run(
    `the filter of ${info.fieldName} (${conditionCount} conditions)`,
    filterSteps(records, isMatch, conditionCount),
  );
}
