import type { GraphQLResolveInfo } from "graphql";
import { type CachedRecord, type Kind, kindDefinitions, type Members } from "../../catalog/index.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import { resolveRefs } from "../resolver/resolve-ref.ts";
import { Selection } from "../scan/block.ts";
import { matchSteps } from "../scan/predicate.ts";
import type { KindSelection } from "./compiled-arguments.ts";
import { createLinkFollower, type SelectRecords } from "./follow-links.ts";
import { findUndecidable, mergePartialData, reportPartialData } from "./partial-data.ts";

/** A condition on the known fields of a record. */
export type RecordPredicate = (record: Pick<CachedRecord, "value">) => boolean;

/** Creates the condition that a record of a kind refers to one of these parents. */
export function hasParentIn(kind: Kind, relation: string, parentIds: readonly number[]): RecordPredicate {
  const definition = kindDefinitions[kind].relations[relation];
  if (parentIds.length === 1) return ({ value }) => (definition?.idOf(value) ?? 0) === parentIds[0];
  const ids = new Set(parentIds);
  return ({ value }) => ids.has(definition?.idOf(value) ?? 0);
}

/** Filters the candidates, in steps, and finds those that cannot be decided. */
export function applyFilter(
  context: GraphContext,
  field: string,
  { kind, filter, isFiltered }: KindSelection,
  records: readonly CachedRecord[],
) {
  if (!isFiltered) return { matching: new Selection(records), undecidable: [] };
  const { listed, listedStates } = context.catalog.store.tables[kind];
  // For a whole list, look up the records with errors: searching for them would take longer than filtering.
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

/**
 * The relation of a connection below a record: its members refer to `parent`, or to one of `parents`, by `relation`.
 */
export type ParentRelation = { readonly relation: string } & (
  | { readonly parent: number }
  | { readonly parent?: undefined; readonly parents: () => PromiseOrValue<Parents> }
);

/** The ids of parents, and the outcome of the reads that found them. */
export interface Parents {
  readonly ids: readonly number[];
  readonly outcome?: Pick<Members, "asOf" | "failedReads" | "readsOfUnknownParent">;
}

/**
 * Reads the candidates of a kind, after the records that refs and links of the filter refer to. `members.asOf` is the
 * oldest reading behind the membership. Rejects with AlmaError.
 */
function readCandidates(
  context: GraphContext,
  field: string,
  selection: KindSelection,
  parentRelation: ParentRelation | undefined,
) {
  const { filter } = selection;
  const { followLinks, excludeUndecidable } = linkFollowerFor(context, field);
  selection.refsAsOf ??= resolveRefs(context, filter.refs);
  const { refsAsOf } = selection;
  const links = mapPromiseOrValue(refsAsOf, () => followLinks(filter.links));
  const parents = mapPromiseOrValue(links, () => {
    if (parentRelation?.parent === undefined) return parentRelation?.parents();
    return { ids: [parentRelation.parent] };
  });
  const members = mapPromiseOrValue(parents, (known) =>
    readMembers(
      context,
      selection,
      parentRelation && known && { relation: parentRelation.relation, parents: known.ids },
    ),
  );
  const decidable = mapPromisesOrValues([members, links], ({ records }, followed) =>
    excludeUndecidable(selection, records, followed),
  );
  return mapPromisesOrValues(
    [members, decidable, links, refsAsOf, parents],
    (found, { records, asOf, failedReads }, followed, refsReadAt, known) => {
      const { outcome } = known ?? {};
      return {
        members: {
          records,
          asOf: Math.min(found.asOf, asOf, followed.asOf, refsReadAt, outcome?.asOf ?? Infinity),
          ...mergePartialData(outcome, found, {
            failedReads,
            readsOfUnknownParent: followed.readsOfUnknownParent,
          }),
        },
        // Whether a record refers to one of the parents. Undefined without a parent relation.
        isUnderParent:
          parentRelation && known && hasParentIn(selection.kind, parentRelation.relation, known.ids),
      };
    },
  );
}

function readMembers(
  { catalog, operation }: GraphContext,
  { kind, needsDetails, requiredFields }: KindSelection,
  referringTo?: { readonly relation: string; readonly parents: readonly number[] },
): PromiseOrValue<Members> {
  return catalog.findMembers(operation, {
    kind,
    needsDetails: needsDetails || referringTo !== undefined,
    decidingSummaryFields: requiredFields,
    referringTo,
  });
}

/** Creates a link follower that also follows links of the filters on linked records. */
function linkFollowerFor(context: GraphContext, field: string) {
  const select: SelectRecords = async (selection, given) => {
    const resolving = resolveRefs(context, selection.filter.refs);
    const followAll = async () => {
      await resolving;
      return follower.followLinks(selection.filter.links);
    };
    const [members, refsAsOf, followed] = await Promise.all([
      given ? undefined : readMembers(context, selection),
      resolving,
      followAll(),
    ]);
    const rows = await follower.excludeUndecidable(selection, given ?? members?.records ?? [], followed);
    const { matching, undecidable } = await applyFilter(context, field, selection, rows.records);
    return {
      matching,
      asOf: Math.min(members?.asOf ?? Infinity, refsAsOf, followed.asOf, rows.asOf),
      undecidable: [...(members?.failedReads ?? []), ...rows.undecidable, ...undecidable],
      readsOfUnknownParent: followed.readsOfUnknownParent,
    };
  };
  const follower = createLinkFollower(context, select);
  return follower;
}

/** The members of a connection. */
export interface SelectedMembers {
  /** The matching records by kind, in the order of the selections. */
  readonly matching: readonly Selection<CachedRecord>[];
  /** When the oldest reading behind the selection was made. */
  readonly asOf: number;
  /** Whether a record refers to the parent. Undefined without a parent. */
  readonly isUnderParent: RecordPredicate | undefined;
}

/**
 * Selects the members of a connection and reports missing data; synchronously if nothing has to be read. Rejects with
 * AlmaError if membership is unknown.
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
    const partialData = mergePartialData(
      ...found.flatMap(({ members, undecidable }) => [members, { failedReads: undecidable }]),
    );
    const kinds = selections.map(({ kind }) => kind);
    reportPartialData(context, info, kinds, partialData, isUnderParent !== undefined);
    return {
      matching: found.map(({ matching }) => matching),
      asOf: Math.min(...found.map(({ members }) => members.asOf)),
      isUnderParent,
    };
  });
}
