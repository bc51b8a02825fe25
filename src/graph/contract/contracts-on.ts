import { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, type KnownFields, NEVER } from "../../catalog/index.ts";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";
import type { DatedContract } from "../rent/rent.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { RecordView } from "../view/record-view.ts";
import { stateOn } from "./contract-state.ts";

/** The listed tenant contracts on a unit and its rooms, or on a room and its unit. */
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

/** The `status` of a unit or room that is let today. Alma: Apartments, Units. */
const RENTED = "rented";

/** When the list of contracts was last read for a record. */
const confirmedAt = new WeakMap<CachedRecord, number>();

/**
 * Reads the list of tenant contracts first, where a unit or room that the query names says that it is let and no known
 * contract says so: one may have been made elsewhere since the list was read. For a record whose status stays so, that
 * happens once in CATALOG_MAX_AGE, whether or not the list can be read. Rejects with AlmaError.
 */
export function confirmContracts<T>(
  context: GraphContext,
  { record, value, cutoff, readAt }: RecordView,
  resolve: () => PromiseOrValue<T>,
): PromiseOrValue<T> {
  const { catalog, operation, today } = context;
  const { namedCutoff, unmaintainedCutoff, boundsIndexes, rereadsPages, explanation } = operation;
  const { status } = value as Partial<KnownFields<"unit">>;
  const isAsked = cutoff >= namedCutoff && !boundsIndexes && !rereadsPages;
  if (isAsked && explanation?.isToBeRead(record)) explanation.noteContradiction("tenantContract");
  if (
    !isAsked ||
    status !== RENTED ||
    catalog.store.tables.tenantContract.isListKnown(readAt) ||
    (confirmedAt.get(record) ?? NEVER) > unmaintainedCutoff ||
    contractsOn(context, record).some((contract) => stateOn(contract, today) === "ACTIVE")
  )
    return resolve();
  const confirmed = catalog.readList(operation, "tenantContract", readAt).catch((error) => {
    // What is known of contracts is inside its age all the same.
    if (!(error instanceof AlmaError) || operation.stopReason) throw error;
  });
  return confirmed.then(() => {
    if (!explanation?.isDry) confirmedAt.set(record, operation.startedAt);
    return resolve();
  });
}
