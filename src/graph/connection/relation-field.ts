import type { GraphQLResolveInfo } from "graphql";
import type { Records } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  type Inverse,
  type Kind,
  type KnownFields,
  kindDefinitions,
  type Relation,
} from "../../catalog/index.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../execution/promise-or-value.ts";
import type { ComputedField } from "../record/computed-field.ts";
import type { GraphContext } from "../record/context.ts";
import type { RecordView } from "../record/record-view.ts";
import type { ConnectionArgs } from "./connection.ts";
import { type ContractKind, type ContractState, stateOn } from "./contract-state.ts";
import { hasParentIn, type RecordPredicate } from "./parent-predicate.ts";
import { findUndecidable, partialDataError, reportPartialData } from "./partial-data.ts";
import { resolveConnection } from "./resolve-connection.ts";

/**
 * The fields of a kind's relations, by the names that the declarations give them: in one direction a record, in the
 * other a connection. Of one that leads to several kinds the id does not tell the kind; its field is written by hand.
 */
export function relationFields(kind: Kind): Readonly<Record<string, ComputedField<Kind>>> {
  const { relations, inverses } = kindDefinitions[kind];
  const fields: Record<string, ComputedField<Kind>> = {};
  for (const [name, relation] of Object.entries(relations))
    if (relation.to.length === 1) fields[name] = toOne(relation);
  for (const [name, inverse] of Object.entries(inverses)) fields[name] = toMany(inverse);
  return fields;
}

/** A record of another kind, at the age of the record that refers to it. */
function toOne({ field, to: [kind], idOf }: Relation): ComputedField<Kind> {
  return {
    requiredFields: [field as never],
    resolve: (view, _args, context) => {
      // Throws if Alma's answer was unreadable there.
      view.getField(field);
      const id = idOf(view.value);
      return id == null ? null : context.viewOf(context.catalog.store.getOrCreate(kind, id), view.cutoff);
    },
  };
}

/** The records of a kind that refer to this one. */
function toMany({ kind, relation }: Inverse): ComputedField<Kind, ConnectionArgs> {
  return {
    requiredFields: [],
    resolve: (view, args, context, info) =>
      resolveConnection(context, info, args, kind, { relation, parents: () => ({ ids: [view.id] }) }),
  };
}

/** The contract on this rental object that is in force on a day, at the age of the object. */
export function currentContract<K extends Kind>(
  kind: ContractKind,
): ComputedField<K, { readonly on?: string | null }> {
  return {
    requiredFields: [],
    resolve: (view, { on }, context, info) =>
      resolveCurrentContract(context, info, kind, view as RecordView, on ?? context.today),
  };
}

/** What decides whether a contract is in force, and on what. */
const PERIOD_FIELDS = ["startDate", "endDate"];
const DECIDING_FIELDS = [...PERIOD_FIELDS, "unitUsage"];

/** Throws AlmaError if a contract that was on the object when it was last read cannot be read: it may be the one. */
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
    const undecided = [
      ...contracts.failedReads.filter(({ record }) => isOnObject(record)),
      ...findUndecidable(contracts.records, PERIOD_FIELDS),
    ];
    if (undecided.length > 0)
      throw partialDataError(undecided, "nobody knows which contract is the current one");
    reportPartialData(context, info, contracts, isOnObject);
    return pickCurrent(context, contracts.records, isOnObject, day, rentalObject.cutoff);
  });
}

/** Picks from the index, then looks at the record itself; if it turns out otherwise, the next one is looked at. */
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

/** The latest start counts, a missing one being the earliest; then the highest id. */
function compareLatestFirst(a: CachedRecord, b: CachedRecord): number {
  const start = (cached: CachedRecord): string =>
    (cached.value as Partial<Records[ContractKind]>).startDate ?? "";
  return start(b).localeCompare(start(a), "en") || b.id - a.id;
}
