import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Kind } from "../../catalog/index.ts";
import { matchSteps } from "../column/predicate.ts";
import { Selection } from "../column/selection.ts";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";
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
): PromiseOrValue<Selection<CachedRecord>> {
  const { listed, listedStates } = context.catalog.store.tables[kind];
  // Of a whole list, the records with errors are known: looking for them takes longer than the filter.
  const suspects =
    records === listed ? [...listedStates.faulty].sort((one, other) => other.id - one.id) : records;
  const undecidable = isFiltered ? findUndecidable(suspects, filter.requiredFields) : [];
  const failedReads = [...partialData.failedReads, ...undecidable];
  reportPartialData(context, info, kind, { ...partialData, failedReads }, isReverseEdge);
  if (!isFiltered) return new Selection(records);
  const excluded = new Set(undecidable.map(({ record }) => record));
  const decidable = excluded.size === 0 ? records : records.filter((cached) => !excluded.has(cached));
  return context.limits.run(
    `the filter of ${info.fieldName} (${filter.conditionCount} conditions)`,
    matchSteps(decidable, filter, context.catalog.store.tables[kind]),
  );
}
