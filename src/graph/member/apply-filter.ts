import type { CachedRecord } from "../../catalog/index.ts";
import { mapPromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import { matchSteps } from "../scan/predicate.ts";
import { Selection } from "../scan/selection.ts";
import type { KindSelection } from "./compiled-arguments.ts";
import { findUndecidable } from "./partial-data.ts";

/**
 * The candidates that pass a filter, and those for which it cannot be decided; found in steps. `field`: for which field
 * of the query.
 */
export function applyFilter(
  context: GraphContext,
  field: string,
  { kind, filter, isFiltered }: KindSelection,
  records: readonly CachedRecord[],
) {
  if (!isFiltered) return { matching: new Selection(records), undecidable: [] };
  const { listed, listedStates } = context.catalog.store.tables[kind];
  // Of a whole list, the records with errors are known: looking for them takes longer than the filter.
  const suspects =
    records === listed ? [...listedStates.faulty].sort((one, other) => other.id - one.id) : records;
  const undecidable = findUndecidable(suspects, filter.requiredFields);
  const excluded = new Set(undecidable.map(({ record }) => record));
  const decidable = excluded.size === 0 ? records : records.filter((cached) => !excluded.has(cached));
  const matching = context.limits.run(
    `the filter of ${field} (${filter.conditionCount} conditions)`,
    matchSteps(decidable, filter, context.catalog.store.tables[kind]),
  );
  return mapPromiseOrValue(matching, (selection) => ({ matching: selection, undecidable }));
}
