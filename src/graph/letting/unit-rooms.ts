import { type CachedRecord, groupByParent } from "../../catalog/index.ts";
import { findMembersBelow, findReferrers, findUndecidable } from "../member/partial-data.ts";
import type { Parents } from "../member/select-members.ts";
import { readUnlisted } from "../member/unlisted-records.ts";
import { mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Returns the ids of a unit and its rooms. Rooms missing from the list are found through their contracts. */
export function readUnitAndRooms(context: GraphContext, id: number): PromiseOrValue<Parents> {
  const { catalog, operation, memo } = context;
  const { room } = catalog.store.tables;
  const index = room.relationIndex.of("parentUnit");
  const known = memo.get(readUnitAndRooms) as KnownRooms | undefined;
  if (known?.isCurrent()) return { ids: [id, ...index.recordsOf(id).map(idOf)], outcome: known.outcome };
  const rooms = findReferrers(context, "room", "parentUnit", [id]);
  const contracts = catalog.findMembers(operation, { kind: "tenantContract", needsDetails: true });
  // Both lists must be known to find missing rooms.
  const unlisted = mapPromisesOrValues([contracts, rooms], ({ records }) =>
    readUnlisted(context, "tenantContract", "rentalObject", records),
  );
  return mapPromisesOrValues([rooms, unlisted], (listedRooms, unlistedRooms) => {
    const undecided = [
      ...unlistedRooms.failedReads,
      ...findUndecidable(unlistedRooms.records, ["parentUnit"]),
    ];
    const byParent = groupByParent(room, "parentUnit", undecided);
    const failedReads = [...listedRooms.failedReads, ...byParent.under([id])];
    const readsOfUnknownParent = [...listedRooms.readsOfUnknownParent, ...byParent.ofUnknownParent];
    const failed = new Set([...failedReads, ...readsOfUnknownParent].map(({ record }) => record));
    const ownRooms = index.recordsOf(id).filter((cached) => !failed.has(cached));
    const outcome = {
      asOf: Math.min(listedRooms.asOf, unlistedRooms.asOf),
      failedReads,
      readsOfUnknownParent,
    };
    if (undecided.length === 0) noteKnown(context, outcome);
    return { ids: [id, ...ownRooms.map(idOf)], outcome };
  });
}

const idOf = ({ id }: CachedRecord) => id;

/** Set while the rooms of all units are known and unchanged. */
interface KnownRooms {
  readonly isCurrent: () => boolean;
  readonly outcome: NonNullable<Parents["outcome"]>;
}

function noteKnown(context: GraphContext, outcome: KnownRooms["outcome"]) {
  const { unit } = context.catalog.store.tables;
  const { version } = unit;
  const rooms = findMembersBelow(context, "room", "parentUnit");
  const contracts = findMembersBelow(context, "tenantContract", "rentalObject");
  if (!rooms || !contracts) return;
  const isCurrent = () => unit.version === version && rooms.isCurrent && contracts.isCurrent;
  context.memo.set(readUnitAndRooms, { isCurrent, outcome });
}
