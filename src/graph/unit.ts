import type { Records } from "../alma/index.ts";
import { PlacedFailedReads } from "../catalog/index.ts";
import { createColumnFactories } from "./column/column.ts";
import type { Parents } from "./connection/candidates.ts";
import type { ConnectionArgs } from "./connection/connection.ts";
import { currentContract } from "./connection/current-contract.ts";
import { findUndecidable } from "./connection/partial-data.ts";
import { connectionField, recordField } from "./connection/query-field.ts";
import { resolveConnection } from "./connection/resolve-connection.ts";
import { readUnlisted } from "./connection/unlisted-records.ts";
import { defineEntity } from "./entity.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "./metering/promise-or-value.ts";
import type { ComputedField } from "./record/computed-field.ts";
import type { GraphContext } from "./record/context.ts";
import { rentalObjectFilters, rentalObjectOrders } from "./rental-object.ts";
import { refuseConflictingLetting } from "./rule/id-rules.ts";
import { byExternalId } from "./rule/identity.ts";
import { predictTakenName } from "./rule/taken-name.ts";

const column = createColumnFactories<Records["unit"]>();

/** The tenant contracts on the unit itself and, with `includeRooms`, on its rooms. */
const tenantContracts: ComputedField<"unit", ConnectionArgs & { readonly includeRooms: boolean | null }> = {
  requiredFields: [],
  resolve: ({ id }, args, context, info) => {
    const parents = () => (args.includeRooms ? readUnitAndRooms(context, id) : { ids: [id] });
    return resolveConnection(context, info, args, "tenantContract", { relation: "rentalObject", parents });
  },
};

/** The ids of a unit and its rooms. Rooms that no list names are found by the contracts on them. */
function readUnitAndRooms(context: GraphContext, id: number): PromiseOrValue<Parents> {
  const { catalog, operation } = context;
  const rooms = catalog.findMembers(operation, {
    kind: "room",
    needsDetails: true,
    referringTo: { relation: "parentUnit", parents: [id] },
  });
  const contracts = catalog.findMembers(operation, { kind: "tenantContract", needsDetails: true });
  const unlisted = mapPromiseOrValue(contracts, ({ records }) =>
    readUnlisted(context, "tenantContract", "rentalObject", records),
  );
  return mapPromisesOrValues([rooms, unlisted], (listedRooms, unlistedRooms) => {
    const { room } = catalog.store.tables;
    const placed = new PlacedFailedReads(room, "parentUnit", [
      ...unlistedRooms.failedReads,
      ...findUndecidable(unlistedRooms.records, ["parentUnit"]),
    ]);
    const failedReads = [...listedRooms.failedReads, ...placed.under([id])];
    const unplacedReads = [...listedRooms.unplacedReads, ...placed.unplaced];
    const failed = new Set([...failedReads, ...unplacedReads].map(({ record }) => record));
    const ownRooms = room.relationIndex.referrers("parentUnit", [id]).filter((cached) => !failed.has(cached));
    const outcome = {
      asOf: Math.min(listedRooms.asOf, unlistedRooms.asOf),
      failedReads,
      unplacedReads,
    };
    return { ids: [id, ...ownRooms.map((cached) => cached.id)], outcome };
  });
}

/** An apartment, let whole or room by room. Alma: Apartments. */
export const unit = defineEntity("unit", {
  query: { unit: recordField("unit"), units: connectionField("unit") },
  mutations: {
    createUnit: "create",
    updateUnit: "update",
    archiveUnit: "archive",
    unarchiveUnit: "unarchive",
    blockUnit: "block",
    unblockUnit: "unblock",
  },
  computedFields: {
    tenantContracts,
    currentTenantContract: currentContract("tenantContract"),
    currentOwnerContract: currentContract("ownerContract"),
  },
  filters: (context) => ({
    ...rentalObjectFilters(context, "unit"),
    numberOfBedrooms: column.int("numberOfBedrooms"),
  }),
  orders: {
    ...rentalObjectOrders,
    NUMBER_OF_BEDROOMS: column.int("numberOfBedrooms"),
  },
  write: {
    identity: byExternalId("unit"),
    check: refuseConflictingLetting,
    refs: { building: { types: ["Building"] } },
    nonNegativeFields: [
      "internalArea",
      "goalRentCost",
      "numberOfBedrooms",
      "numberOfBaths",
      "totalBuildableArea",
    ],
    predictRefusals: predictTakenName,
  },
});
