import { expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { leaseInput, start } from "../start.ts";
import { startUncachedGateway } from "./uncached-gateway.ts";

const leased = {
  ...household,
  tenantContracts: [
    { id: 901, unit_id: 11, client_id: 252, start_date: day(-10), end_date: day(40), external_id: "t-901" },
  ],
  ownerContracts: [{ id: 501, unit_id: 1, client_id: 251, start_date: day(-10), external_id: "o-501" }],
};

/** The same records through every path: single records, lists, reverse links, filters, totals. */
const paths = `{
  unit(ref: { almaId: 1 }) {
    name isArchived status
    rooms { totalCount nodes { name isArchived } }
    tenantContracts(includeRooms: true) { totalCount nodes { externalId price isArchived } }
    ownerContracts { nodes { isArchived } }
  }
  byBitrixId: room(ref: { externalId: "r-12" }) { name unit { name } currentTenantContract { externalId } }
  rentalObject(ref: { externalId: "r-12" }) { name }
  building(ref: { almaId: 1001 }) { numberOfUnits units { totalCount nodes { name } } rooms { totalCount } }
  units { totalCount nodes { name externalId isArchived } }
  rooms(filter: { name: { startsWith: "new" } }) { totalCount nodes { externalId } }
  clients(orderBy: [{ field: STATUS }]) { totalCount nodes { lastName status tenantContracts { totalCount } } }
  tenantContracts(filter: { state: [ACTIVE] }) { totalCount nodes { externalId client { status } rentalObject { name } } }
}`;

const writes: readonly string[] = [
  'updateUnit(ref: { almaId: 1 }, input: { name: "new unit" })',
  'updateRoom(ref: { externalId: "r-12" }, input: { name: "new room" })',
  'createUnit(input: { externalId: "u-9", name: "new", building: { externalId: "b-1" }, propertyType: "studio" })',
  'createRoom(input: { externalId: "r-9", name: "new one", parentUnit: { almaId: 1 }, propertyType: "bunk" })',
  'createClient(input: { externalId: "c-9", firstName: "New", lastName: "Client", email: "new@example.com", phone: "1" })',
  `createTenantContract(input: ${leaseInput("t-9", '{ externalId: "r-12" }').replace("c-252", "c-9")})`,
  'updateTenantContract(ref: { externalId: "t-9" }, input: { price: "7.77", rentalObject: { almaId: 12 } })',
  'updateRoom(ref: { externalId: "r-9" }, input: { externalId: "r-10" })',
  "updateUnit(ref: { almaId: 2 }, input: { isUsedAdditionalExternalId: false, additionalExternalId: null })",
  'updateRoom(ref: { externalId: "r-10" }, input: { parentUnit: { almaId: 2 } })',
  "blockUnit(ref: { almaId: 2 })",
  "unblockUnit(ref: { almaId: 2 })",
  "archiveUnit(ref: { almaId: 1 })",
  'unarchiveRoom(ref: { externalId: "r-12" })',
];

test.each(["on", "off"])(
  "after a write no path shows data from before it, cascades included (catalog %s)",
  async (catalog) => {
    const { query, mutate, simulator } = await start(
      { data: leased },
      { CATALOG: catalog, MAX_CALLS: "5000" },
    );
    // A second, uncached gateway gives the expected answer.
    const truth = await startUncachedGateway(simulator);
    await query(paths);
    for (const write of writes) {
      const { userErrors } = await mutate(write, "__typename");
      expect([write, userErrors]).toEqual([write, []]);
      const [seen, known] = [await query(paths), await truth(paths)];
      expect([write, seen.errors, seen.data]).toEqual([write, undefined, known]);
    }
  },
  120_000,
);

test.each(["on", "off"])(
  "nor does one whose reads were in progress when it was done (catalog %s)",
  async (catalog) => {
    const { query, mutate } = await start(
      { data: leased, latency: 30 },
      { CATALOG: catalog, MAX_CALLS: "5000" },
    );
    for (let round = 0; round < 5; round++) {
      const early = [query(paths), query(paths)];
      await new Promise((resolve) => setTimeout(resolve, 7 * round));
      await mutate(`updateUnit(ref: { almaId: 1 }, input: { name: "n${round}" })`, "__typename");
      const { data } = await query("{ unit(ref: { almaId: 1 }) { name } units { nodes { name } } }");
      expect(data.unit.name).toBe(`n${round}`);
      expect(data.units.nodes).toContainEqual({ name: `n${round}` });
      await Promise.all(early);
    }
  },
);
