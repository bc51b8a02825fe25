import type { Unit } from "../alma/index.ts";
import { columns } from "./column.ts";
import { connect, type Parents } from "./connect.ts";
import type { ConnectionArgs } from "./connection.ts";
import type { GraphContext } from "./context.ts";
import { current, many, one } from "./edge.ts";
import { type Edge, entity } from "./entity.ts";
import { doubts } from "./gap.ts";
import { byExternalId } from "./identity.ts";
import { after, all, type Later } from "./later.ts";
import { rentableFilters, rentableOrders } from "./rentable.ts";
import { readUnlistedObjects } from "./unlisted.ts";

const of = columns<Unit>();

/** The contracts made on the unit itself and, if asked for, on its rooms. */
const tenantContracts: Edge<"unit", ConnectionArgs & { readonly includeRooms: boolean | null }> = {
  needs: [],
  resolve: ({ id }, args, context, info) => {
    const parents = () => (args.includeRooms ? withRooms(context, id) : { ids: [id] });
    return connect(context, info, args, "tenantContract", { link: "rentalObject", parents });
  },
};

/** The unit and its rooms; those that no list names are found by the contracts on them. */
function withRooms(context: GraphContext, id: number): Later<Parents> {
  const { catalog, work } = context;
  const rooms = catalog.members(work, { kind: "room", byDetail: true, decides: ["parentUnit"] });
  const contracts = catalog.members(work, { kind: "tenantContract", byDetail: true });
  const unlisted = after(contracts, ({ entries }) => readUnlistedObjects(context, entries));
  return after(all([rooms, unlisted]), () =>
    after(rooms, (listed) =>
      after(unlisted, (others) => {
        const lost = [...listed.unread, ...others.unread, ...doubts(others.entries, ["parentUnit"])];
        const out = new Set(lost.map(({ entry }) => entry));
        const own = catalog.store.tables.room.placement
          .around("parentUnit", [id])
          .filter((room) => !out.has(room));
        const ground = { asOf: Math.min(listed.asOf, others.asOf), unread: lost };
        return { ids: [id, ...own.map((room) => room.id)], ground };
      }),
    ),
  );
}

/** An apartment, let whole or room by room. Alma: Apartments. */
export const unit = entity("unit", {
  edges: {
    building: one<"unit", "building">("building", "building", ({ id }) => id),
    rooms: many("room", "parentUnit"),
    tenantContracts,
    ownerContracts: many("ownerContract", "rentalObject"),
    currentTenantContract: current("tenantContract"),
    currentOwnerContract: current("ownerContract"),
  },
  filters: () => ({
    ...rentableFilters,
    numberOfBedrooms: of.int("numberOfBedrooms"),
  }),
  orders: {
    ...rentableOrders,
    NUMBER_OF_BEDROOMS: of.int("numberOfBedrooms"),
  },
  write: {
    identity: byExternalId("unit"),
    refs: { building: { types: ["Building"] } },
    notNegative: ["internalArea", "goalRentCost", "numberOfBedrooms", "numberOfBaths", "totalBuildableArea"],
  },
});
