import { type Kind, kindDefinitions, type Members } from "../../catalog/index.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { RelationFilter } from "../record/connection-spec.ts";
import type { GraphContext } from "../record/context.ts";
import { findUndecidable, type ReadOutcome } from "./partial-data.ts";
import { readUnlistedObjects } from "./unlisted-objects.ts";

/** Reads the listed records of the kinds that a relation filter reads. Rejects with AlmaError. */
export function readRelatedRecords(
  context: GraphContext,
  relationFilter: RelationFilter | undefined,
): PromiseOrValue<ReadOutcome | undefined> {
  if (!relationFilter) return undefined;
  const reads = relationFilter.kinds.map((kind) =>
    context.catalog.findMembers(context.operation, {
      kind,
      needsDetails: true,
      decidingDetailFields: [relationFilter.field],
    }),
  );
  return mapPromisesOrValues(reads, (...outcomes) => ({
    asOf: Math.min(...outcomes.map(({ asOf }) => asOf)),
    failedReads: outcomes.flatMap(({ failedReads }) => failedReads),
  }));
}

/**
 * Reads the related records that no list names. Then leaves out the candidates that refer to a record whose filtered
 * field is not known, and adds those records to the failed reads; behind a reverse edge only those that a candidate
 * refers to, since the others leave nothing out. `related` is the outcome for the listed records.
 */
export function excludeUndecidable(
  context: GraphContext,
  relationFilter: RelationFilter | undefined,
  kind: Kind,
  members: Members,
  related: ReadOutcome | undefined,
  isReverseEdge: boolean,
): PromiseOrValue<Members> {
  if (!relationFilter || !related) return members;
  return mapPromiseOrValue(readUnlistedObjects(context, kind, members.records), (unlisted) => {
    const failed = [
      ...related.failedReads,
      ...unlisted.failedReads,
      ...findUndecidable(unlisted.records, [relationFilter.field]),
    ];
    const asOf = Math.min(members.asOf, related.asOf, unlisted.asOf);
    if (failed.length === 0) return { ...members, asOf };
    const failedIds = new Set(failed.map(({ record }) => record.id));
    const relation = kindDefinitions[kind].relations[relationFilter.relation];
    const referredTo = new Set<number>();
    const records = members.records.filter(({ value }) => {
      const id = relation?.idOf(value);
      if (id == null || !failedIds.has(id)) return true;
      referredTo.add(id);
      return false;
    });
    const told = isReverseEdge ? failed.filter(({ record }) => referredTo.has(record.id)) : failed;
    return { ...members, asOf, records, failedReads: [...members.failedReads, ...told] };
  });
}
