import { PlacedFailedReads } from "../../catalog/index.ts";
import type { Parents } from "../connection/candidates.ts";
import { findUndecidable } from "../connection/partial-data.ts";
import { readUnlisted } from "../connection/unlisted-records.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../record/context.ts";

/** The ids of a unit and its rooms. Rooms that no list names are found by the contracts on them. */
export function readUnitAndRooms(context: GraphContext, id: number): PromiseOrValue<Parents> {
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
