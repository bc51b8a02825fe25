import type { GraphQLResolveInfo } from "graphql";
import { AlmaError, type Records } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, type Kind, type KnownFields, NEVER } from "../../catalog/index.ts";
import {
  findMembersBelow,
  findReferrers,
  findUndecidable,
  partialDataError,
  reportPartialData,
} from "../member/partial-data.ts";
import { hasParentIn } from "../member/select-members.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import { coverageOf, type DatedContract } from "../rent/rent.ts";
import type { ComputedField } from "../resolver/computed-field.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { RecordView } from "../resolver/record-view.ts";
import { COVERAGE_FIELDS, type ContractKind, type ContractState, stateOn } from "./contract-state.ts";

/** Finds the listed tenant contracts on a unit and its rooms, or on a room and its unit. */
export function contractsOn(
  { catalog: { store }, operation }: GraphContext,
  rentalObject: CachedRecord,
): readonly DatedContract[] {
  const { room, tenantContract } = store.tables;
  const isThere = (record: CachedRecord) =>
    record.membership !== undefined && !record.isGone(operation.cutoffOf(record, operation.indexCutoff));
  const { kind, id, value } = rentalObject;
  const parent = (value as KnownFields<"room">).parentUnit?.id;
  const others =
    kind === "unit"
      ? room.relationIndex
          .referrers("parentUnit", [id])
          .filter(isThere)
          .map((other) => other.id)
      : parent === undefined
        ? []
        : [parent];
  const contracts = tenantContract.referringTo("rentalObject", [id, ...others]).filter(isThere);
  return contracts.map((contract) => contract.value);
}

/** The `status` of a unit or room that is rented today. Alma: Apartments, Units. */
const RENTED = "rented";

/** When the list of contracts was last read because of a record. */
const confirmedAt = new WeakMap<CachedRecord, number>();

/**
 * Reads the list of tenant contracts if a unit or room named in the query is `rented` but has no known contract, since
 * one may have been created outside the gateway. This happens at most once per record in CATALOG_MAX_AGE, even if the
 * list cannot be read. Rejects with AlmaError.
 */
export function confirmContracts<T>(
  context: GraphContext,
  { record, value, cutoff, readAt }: RecordView,
  resolve: () => PromiseOrValue<T>,
): PromiseOrValue<T> {
  const { catalog, operation, today } = context;
  const { namedCutoff, unmaintainedCutoff, boundsIndexes, rereadsPages, explanation } = operation;
  const { status } = value as Partial<KnownFields<"unit">>;
  const isRequested = cutoff >= namedCutoff && !boundsIndexes && !rereadsPages;
  if (isRequested && explanation?.isToBeRead(record))
    explanation.doubt(
      "A record that is read may contradict what is known of others: their list is then read, too.",
    );
  if (
    !isRequested ||
    status !== RENTED ||
    catalog.store.tables.tenantContract.isListKnown(readAt) ||
    (confirmedAt.get(record) ?? NEVER) > unmaintainedCutoff ||
    contractsOn(context, record).some((contract) => stateOn(contract, today) === "ACTIVE")
  )
    return resolve();
  const confirmed = catalog.readList(operation, "tenantContract", readAt).catch((error) => {
    // The known contracts are still within their maximum age.
    if (!(error instanceof AlmaError) || operation.stopReason) throw error;
  });
  return confirmed.then(() => {
    if (!explanation?.isDry) confirmedAt.set(record, operation.startedAt);
    return resolve();
  });
}

/** The argument of fields that depend on a day. */
export interface DayArgs {
  readonly on?: string | null;
}

/** How a contract of a rental object is chosen. */
interface Choice {
  readonly state: ContractState;
  /** Sorts the contracts of this state; the first is chosen. */
  readonly compare: (one: CachedRecord, other: CachedRecord) => number;
  /** The field's name for errors about contracts that cannot be read. */
  readonly name: string;
}

const startOf = (cached: CachedRecord) => (cached.value as Partial<Records[ContractKind]>).startDate ?? "";

/** The contract in force: latest start first, missing starts last, then the highest id. */
export const CURRENT_CONTRACT: Choice = {
  state: "ACTIVE",
  compare: (a, b) => startOf(b).localeCompare(startOf(a), "en") || b.id - a.id,
  name: "the current one",
};

/** The next contract: earliest start first, then the highest id. */
export const NEXT_CONTRACT: Choice = {
  state: "PLANNED",
  compare: (a, b) => startOf(a).localeCompare(startOf(b), "en") || b.id - a.id,
  name: "the next one",
};

/**
 * `currentTenantContract(on)` and the like: the chosen contract of a rental object on a day, as fresh as the
 * object.
 */
export function contractField<K extends Kind>(kind: ContractKind, choice: Choice): ComputedField<K, DayArgs> {
  return {
    requiredFields: [],
    resolve: (view, { on }, context, info) => {
      const resolve = () => resolveContract(context, info, kind, choice, view, on ?? context.today);
      return kind === "tenantContract" ? confirmContracts(context, view, resolve) : resolve();
    },
  };
}

/** The fields that decide whether a contract is in force. */
const PERIOD_FIELDS = ["startDate", "endDate"];

/** Reads the details of a record. Returns whether Alma still has it. Rejects with AlmaError. */
export function readDetail(view: RecordView): PromiseOrValue<boolean> {
  const exists = () => !view.record.isGone(view.cutoff);
  const loading = view.ensureLevel(DETAIL)?.catch((error: unknown) => {
    if (exists()) throw error;
  });
  return mapPromiseOrValue(loading, exists);
}

/** Resolves `contractField`. Throws AlmaError if a contract that was on the object cannot be read. */
export function resolveContract(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kind: ContractKind,
  choice: Choice,
  rentalObject: RecordView,
  day: string,
): PromiseOrValue<RecordView | null> {
  const { id, cutoff } = rentalObject;
  const isOnObject = hasParentIn(kind, "rentalObject", [id]);
  /** Returns whether a contract is in the requested state on some day. */
  const isInState = ({ value }: Pick<CachedRecord, "value">) =>
    stateOn(value, day) === choice.state && coverageOf(value) !== null;

  /**
   * Chooses a contract from the index, then reads it. If it no longer belongs to the object in this state, chooses
   * another one.
   */
  const pick = (records: readonly CachedRecord[]): PromiseOrValue<RecordView | null> => {
    const [chosen] = records.filter(isInState).sort(choice.compare);
    if (!chosen) return null;
    const view = context.viewOf(chosen, cutoff);
    const reading = readDetail(view);
    if (reading instanceof Promise)
      context.operation.explanation?.doubt(
        "The current or next contract is known once its candidates are read.",
      );
    return mapPromiseOrValue(reading, (exists) => {
      if (exists) {
        view.assertReadable(COVERAGE_FIELDS);
        if (isInState(view) && isOnObject(view)) return view;
      }
      return pick(records.filter((cached) => cached !== chosen));
    });
  };

  const below = findMembersBelow(context, kind, "rentalObject")?.of(id);
  if (below && !below.some(({ fieldErrors }) => fieldErrors)) return pick(below);
  const members = findReferrers(context, kind, "rentalObject", [id]);
  return mapPromiseOrValue(members, (contracts) => {
    const undecided = [...contracts.failedReads, ...findUndecidable(contracts.records, PERIOD_FIELDS)];
    if (undecided.length > 0)
      throw partialDataError(undecided, `it is unknown which contract is ${choice.name}`);
    reportPartialData(context, info, [kind], contracts, true);
    return pick(contracts.records);
  });
}
