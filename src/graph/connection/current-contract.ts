import type { GraphQLResolveInfo } from "graphql";
import type { Records } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, type Kind, type KnownFields } from "../../catalog/index.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { ComputedField } from "../record/computed-field.ts";
import type { GraphContext } from "../record/context.ts";
import type { RecordView } from "../record/record-view.ts";
import { type ContractKind, type ContractState, stateOn } from "./contract-state.ts";
import { hasParentIn, type RecordPredicate } from "./parent-predicate.ts";
import { findUndecidable, partialDataError, reportPartialData } from "./partial-data.ts";

/** `currentTenantContract(on)`: the contract in force on a rental object on a day, at the cut-off of the object. */
export function currentContract<K extends Kind>(
  kind: ContractKind,
): ComputedField<K, { readonly on?: string | null }> {
  return {
    requiredFields: [],
    resolve: (view, { on }, context, info) =>
      resolveCurrentContract(context, info, kind, view as RecordView, on ?? context.today),
  };
}

/** The fields that decide whether a contract is in force, and on which rental object. */
const PERIOD_FIELDS = ["startDate", "endDate"];
const DECIDING_FIELDS = [...PERIOD_FIELDS, "unitUsage"];

/**
 * Throws AlmaError if a contract cannot be read that was on the object when it was last read: it may be the current
 * contract.
 */
function resolveCurrentContract(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kind: ContractKind,
  rentalObject: RecordView,
  day: string,
): PromiseOrValue<RecordView | null> {
  const parentRelation = { relation: "rentalObject", parents: [rentalObject.id] };
  const isOnObject = hasParentIn(kind, parentRelation.relation, parentRelation.parents);
  const members = context.catalog.findMembers(context.operation, {
    kind,
    needsDetails: true,
    referringTo: parentRelation,
  });
  return mapPromiseOrValue(members, (contracts) => {
    const undecided = [...contracts.failedReads, ...findUndecidable(contracts.records, PERIOD_FIELDS)];
    if (undecided.length > 0)
      throw partialDataError(undecided, "it is not known which contract is the current one");
    reportPartialData(context, info, [kind], contracts, true);
    return pickCurrent(context, contracts.records, isOnObject, day, rentalObject.cutoff);
  });
}

/**
 * Chooses a contract by the index, then reads it. If it is not in force on the object after all, the next contract is
 * chosen.
 */
function pickCurrent(
  context: GraphContext,
  records: readonly CachedRecord[],
  isOnObject: RecordPredicate,
  day: string,
  cutoff: number,
): PromiseOrValue<RecordView | null> {
  const [chosen] = records.filter((cached) => stateOf(cached, day) === "ACTIVE").sort(compareLatestFirst);
  if (!chosen) return null;
  const view = context.viewOf(chosen, cutoff);
  const isGone = () => chosen.isGone(cutoff);
  const loading = view.ensureLevel(DETAIL)?.catch((error: unknown) => {
    if (!isGone()) throw error;
  });
  if (loading)
    context.operation.explanation?.doubt(
      "Which contract is in force is known once those that may be are read.",
    );
  return mapPromiseOrValue(loading, () => {
    if (!isGone()) {
      view.assertReadable(DECIDING_FIELDS);
      if (stateOf(view, day) === "ACTIVE" && isOnObject(view)) return view;
    }
    const others = records.filter((cached) => cached !== chosen);
    return pickCurrent(context, others, isOnObject, day, cutoff);
  });
}

const stateOf = ({ value }: Pick<CachedRecord, "value">, day: string): ContractState =>
  stateOn(value as KnownFields<ContractKind>, day);

/** The latest start first, a missing start last. Equal starts: the highest id first. */
function compareLatestFirst(a: CachedRecord, b: CachedRecord): number {
  const start = (cached: CachedRecord): string =>
    (cached.value as Partial<Records[ContractKind]>).startDate ?? "";
  return start(b).localeCompare(start(a), "en") || b.id - a.id;
}
