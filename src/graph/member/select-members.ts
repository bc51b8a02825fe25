import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord } from "../../catalog/index.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { Selection } from "../scan/selection.ts";
import { applyFilter, type ParentRelation, type RecordPredicate, readCandidates } from "./candidates.ts";
import type { KindSelection } from "./compiled-arguments.ts";
import { type PartialData, reportPartialData } from "./partial-data.ts";

/** The records that a connection has. */
export interface SelectedMembers {
  /** By kind, in the order of the selections. */
  readonly matching: readonly Selection<CachedRecord>[];
  /** When the oldest reading behind the selection was made. */
  readonly asOf: number;
  /** Whether a record refers to the parent; undefined for a connection that has none. */
  readonly isUnderParent: RecordPredicate | undefined;
}

/**
 * Selects the records that a connection has, and reports what it lacks; at once if nothing has to be read. Rejects with
 * AlmaError if it is not known which records belong.
 */
export function selectMembers(
  context: GraphContext,
  info: GraphQLResolveInfo,
  selections: readonly KindSelection[],
  parentRelation?: ParentRelation,
): PromiseOrValue<SelectedMembers> {
  const parts = selections.map((selection) => {
    const candidates = readCandidates(context, info.fieldName, selection, parentRelation);
    return mapPromiseOrValue(candidates, ({ members, isUnderParent }) =>
      mapPromiseOrValue(
        applyFilter(context, info.fieldName, selection, members.records),
        ({ matching, undecidable }) => ({ members, isUnderParent, matching, undecidable }),
      ),
    );
  });
  return mapPromisesOrValues(parts, (...found) => {
    const isUnderParent = found[0]?.isUnderParent;
    const partialData = {
      failedReads: unique(
        found.flatMap(({ members, undecidable }) => [...members.failedReads, ...undecidable]),
      ),
      unplacedReads: unique(found.flatMap(({ members }) => members.unplacedReads)),
      malformedEntries: found.reduce((sum, { members }) => sum + members.malformedEntries, 0),
    };
    const kinds = selections.map(({ kind }) => kind);
    reportPartialData(context, info, kinds, partialData, isUnderParent !== undefined);
    return {
      matching: found.map(({ matching }) => matching),
      asOf: Math.min(...found.map(({ members }) => members.asOf)),
      isUnderParent,
    };
  });
}

/** One failed read of each record: several links may lead to it. */
function unique(failedReads: PartialData["failedReads"]) {
  if (failedReads.length < 2) return failedReads;
  return [...new Map(failedReads.map((failedRead) => [failedRead.record, failedRead])).values()];
}
