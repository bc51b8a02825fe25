import { type CachedRecord, placeFailedReads } from "../../catalog/index.ts";
import { findMembersBelow, findReferrers } from "../member/load-all.ts";
import { findUndecidable } from "../member/partial-data.ts";
import type { Parents } from "../member/select-members.ts";
import { readUnlisted } from "../member/unlisted-records.ts";
import { mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";

/** The ids of a unit and its rooms. Rooms that no list names are found by the contracts on them. */
export function readUnitAndRooms(context: GraphContext, id: number): PromiseOrValue<Parents> {
  const { catalog, operation, memo } = context;
  const { room } = catalog.store.tables;
  const index = room.relationIndex.of("parentUnit");
  const known = memo.get(readUnitAndRooms) as KnownRooms | undefined;
  if (known?.isCurrent()) return { ids: [id, ...index.children(id).map(idOf)], outcome: known.outcome };
  const rooms = findReferrers(context, "room", "parentUnit", [id]);
  const contracts = catalog.findMembers(operation, { kind: "tenantContract", needsDetails: true });
  // Once both lists are known, it is known what they do not name.
  const unlisted = mapPromisesOrValues([contracts, rooms], ({ records }) =>
    readUnlisted(context, "tenantContract", "rentalObject", records),
  );
  return mapPromisesOrValues([rooms, unlisted], (listedRooms, unlistedRooms) => {
    const undecided = [
      ...unlistedRooms.failedReads,
      ...findUndecidable(unlistedRooms.records, ["parentUnit"]),
    ];
    const placed = placeFailedReads(room, "parentUnit", undecided);
    const failedReads = [...listedRooms.failedReads, ...placed.under([id])];
    const unplacedReads = [...listedRooms.unplacedReads, ...placed.unplaced];
    const failed = new Set([...failedReads, ...unplacedReads].map(({ record }) => record));
    const ownRooms = index.children(id).filter((cached) => !failed.has(cached));
    const outcome = {
      asOf: Math.min(listedRooms.asOf, unlistedRooms.asOf),
      failedReads,
      unplacedReads,
    };
    if (undecided.length === 0) noteKnown(context, outcome);
    return { ids: [id, ...ownRooms.map(idOf)], outcome };
  });
}

const idOf = ({ id }: CachedRecord) => id;

/** That the rooms of all units are known, until something changes that might decide it. */
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
