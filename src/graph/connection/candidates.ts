import type { Kind, Members } from "../../catalog/index.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../record/context.ts";
import { resolveRefs } from "../record/resolve-ref.ts";
import type { CompiledArguments } from "./compiled-arguments.ts";
import { hasParentIn, type RecordPredicate } from "./parent-predicate.ts";
import type { PlacedReadOutcome } from "./partial-data.ts";
import { excludeUndecidable, readRelatedRecords } from "./relation-filter.ts";

/** The relation of a connection below a record: its members refer to one of `parents` by `relation`. */
export interface ParentRelation {
  readonly relation: string;
  readonly parents: () => PromiseOrValue<Parents>;
}

/** The ids of parents, and the outcome of the reads that found them, if any were needed. */
export interface Parents {
  readonly ids: readonly number[];
  readonly outcome?: PlacedReadOutcome;
}

/** The records that a connection's filter is applied to. `members.asOf` is the oldest reading that membership uses. */
export interface Candidates {
  readonly members: Members;
  /** Whether a record refers to one of the parents; undefined without a parent relation. */
  readonly isUnderParent: RecordPredicate | undefined;
}

/**
 * Reads the candidates. First reads what the filter needs: the records that its refs name, and the records of other
 * kinds that its relation filter reads. Rejects with AlmaError.
 */
export function readCandidates(
  context: GraphContext,
  kind: Kind,
  compiled: CompiledArguments,
  parentRelation: ParentRelation | undefined,
): PromiseOrValue<Candidates> {
  const { filter, relationFilter } = compiled;
  compiled.refsAsOf ??= resolveRefs(context, filter.refs);
  const { refsAsOf } = compiled;
  const related = mapPromiseOrValue(refsAsOf, () => readRelatedRecords(context, relationFilter));
  const parents = mapPromiseOrValue(related, () => parentRelation?.parents());
  const members = mapPromiseOrValue(parents, (known) =>
    readMembers(context, kind, compiled, parentRelation?.relation, known?.ids),
  );
  const decidable = mapPromisesOrValues([members, related], (allMembers, allRelated) =>
    excludeUndecidable(context, relationFilter, kind, allMembers, allRelated, parentRelation !== undefined),
  );
  return mapPromisesOrValues([decidable, refsAsOf, parents], (decidableMembers, refsReadAt, known) => {
    const { asOf, failedReads, unplacedReads } = decidableMembers;
    const outcome = known?.outcome;
    return {
      members: {
        ...decidableMembers,
        asOf: Math.min(asOf, refsReadAt, outcome?.asOf ?? Number.POSITIVE_INFINITY),
        failedReads: outcome ? [...outcome.failedReads, ...failedReads] : failedReads,
        unplacedReads: outcome ? [...outcome.unplacedReads, ...unplacedReads] : unplacedReads,
      },
      isUnderParent: parentRelation && known && hasParentIn(kind, parentRelation.relation, known.ids),
    };
  });
}

function readMembers(
  { catalog, operation }: GraphContext,
  kind: Kind,
  { isFiltered, needsDetails, requiredFields }: CompiledArguments,
  relation: string | undefined,
  parents: readonly number[] | undefined,
): PromiseOrValue<Members> {
  return catalog.findMembers(operation, {
    kind,
    needsFreshList: !isFiltered && relation === undefined,
    needsDetails: needsDetails || parents !== undefined,
    decidingSummaryFields: requiredFields,
    ...(relation !== undefined && parents && { referringTo: { relation, parents } }),
  });
}
