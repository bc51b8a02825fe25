import type { GraphQLResolveInfo } from "graphql";
import {
  type CachedRecord,
  DETAIL,
  EXISTS,
  type Kind,
  type Level,
  type Members,
  SUMMARY,
} from "../../catalog/index.ts";
import { encodeCursor } from "../argument/cursor.ts";
import { slicePage } from "../argument/page.ts";
import type { PromiseOrValue } from "../execution/promise-or-value.ts";
import type { GraphContext } from "../record/context.ts";
import { requiredPageLevel } from "../record/required-level.ts";
import type { CompiledArguments } from "./compiled-arguments.ts";
import { Connection } from "./connection.ts";
import type { RecordPredicate } from "./parent-predicate.ts";
import { findUndecidable, reportPartialData } from "./partial-data.ts";

/** Chooses a page of the candidates; under a parent, they are those that belong there by the index. */
export function paginate<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kind: K,
  compiledArguments: CompiledArguments,
  members: Members,
  isUnderParent: RecordPredicate | undefined,
): PromiseOrValue<Connection<K>> {
  const { order, pageRequest, isFiltered, isSorted } = compiledArguments;
  const matching = applyFilter(context, info, compiledArguments, members, isUnderParent);
  const pageSlice = slicePage(isSorted ? [...matching].sort(order.compare) : matching, pageRequest, order);
  const cursorOf = (cached: CachedRecord) => encodeCursor(order, cached);
  if (!context.operation.rereadsPages || !(isFiltered || isUnderParent))
    return new Connection<K>(context, pageSlice, pageSlice.rows, cursorOf, members.asOf);
  // Whatever the records turn out to be, the next page goes on where this one was cut from the index.
  const cursors = new Map(pageSlice.rows.map((cached) => [cached, cursorOf(cached)]));
  const level = isUnderParent
    ? DETAIL
    : (Math.max(
        compiledArguments.filterLevel,
        requiredPageLevel(info, kind, context.settings.requiredFields),
      ) as Level);
  return rereadRecords(context, pageSlice.rows, level, compiledArguments.filter.requiredFields).then(
    (records) => {
      const stillMatching = applyFilter(
        context,
        info,
        compiledArguments,
        { records, failedReads: [], malformedEntries: 0 },
        isUnderParent,
      );
      const shown = isUnderParent ? stillMatching.filter(isUnderParent) : stillMatching;
      return new Connection<K>(
        context,
        pageSlice,
        shown,
        (cached) => cursors.get(cached) as string,
        members.asOf,
      );
    },
  );
}

/** Who of them passes the filter. Those of whom nobody can say so are told beside the data. */
function applyFilter(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { filter, isFiltered }: CompiledArguments,
  members: Pick<Members, "records" | "failedReads" | "malformedEntries">,
  isUnderParent: RecordPredicate | undefined,
): readonly CachedRecord[] {
  const undecidable = isFiltered ? findUndecidable(members.records, filter.requiredFields) : [];
  const excluded = new Set(undecidable.map(({ record: cached }) => cached));
  reportPartialData(
    context,
    info,
    { ...members, failedReads: [...members.failedReads, ...undecidable] },
    isUnderParent,
  );
  return isFiltered
    ? members.records.filter((cached) => !excluded.has(cached) && filter.predicate(cached))
    : members.records;
}

/**
 * Reads the records of a page that an index chose, so that they are as young as was asked. Those gone are dropped; one
 * that cannot be read stays, and its fields say why.
 */
async function rereadRecords(
  context: GraphContext,
  rows: readonly CachedRecord[],
  level: Level,
  decidingFields: readonly string[],
): Promise<CachedRecord[]> {
  const cutoff = context.operation.connectionCutoff;
  // A list tells that its records are there, and the fields that it does not leave open.
  const isReported = (cached: CachedRecord) =>
    level !== DETAIL &&
    cached.asOf(EXISTS) > cutoff &&
    decidingFields.every((field) => cached.asOf(SUMMARY, field) > cutoff) &&
    !cached.isGone(cutoff);
  const request = { level: Math.max(level, SUMMARY) as Level, cutoff };
  const results = await Promise.allSettled(
    rows.map((record) => (isReported(record) ? record : context.load({ record, ...request }))),
  );
  return rows.filter((_, index) => {
    const result = results[index];
    return result?.status === "rejected" || result?.value !== undefined;
  });
}
