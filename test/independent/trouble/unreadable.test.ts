import { describe, expect, test } from "vitest";
import type { Answer } from "../../support/gateway.ts";
import {
  addBuilding,
  addClient,
  addOwnerContract,
  addRoom,
  addTenantContract,
  addUnit,
} from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { codes, paths, type Stage, stages } from "../gateway.ts";

/** Six apartments, each with two rooms, an owner's contract, and a tenant's contract on it and on its first room. */
function town(): World {
  const world = new World();
  for (let building = 1; building <= 3; building++) {
    addBuilding(world, { id: building });
    for (const unit of [building * 100, building * 100 + 10]) {
      addClient(world, { id: unit });
      addUnit(world, { id: unit, building });
      addRoom(world, { id: unit + 1, parent_unit: unit, building });
      addRoom(world, { id: unit + 2, parent_unit: unit, building });
      const period = { start_date: "2020-01-01", end_date: "2098-01-01" };
      addTenantContract(world, { unit, client: unit }, { id: unit, ...period });
      addTenantContract(world, { unit: unit + 1, client: unit }, { id: unit + 1, ...period });
      addOwnerContract(world, { unit, client: unit }, { id: unit, ...period });
    }
  }
  return world;
}

const start = stages({ MAX_AGE: "0.001" }, town);
const modes = [["off"], ["on"]] as const;
const unreadable = (path: string) => ({ path: new RegExp(`${path}/$`), as: { status: 500 } as const });

/** Queries for several records with contracts, each with the path of the edge that shows 200 and its room. */
const contractEdges = `tenantContracts { totalCount } ownerContracts { totalCount }
  currentTenantContract { almaId } all: tenantContracts(includeRooms: true) { totalCount }`;
const screens = `query A($age: Int) @freshness(maxAge: $age) {
  units(orderBy: { field: ALMA_ID, direction: ASC }) { nodes { almaId ${contractEdges} } }
  clients(orderBy: { field: ALMA_ID, direction: ASC }) { nodes { almaId tenantContracts { totalCount } } }
  rooms(orderBy: { field: ALMA_ID, direction: ASC }) { nodes { almaId tenantContracts { totalCount } } }
  other: unit(ref: { almaId: 310 }) { ${contractEdges} rooms { nodes { tenantContracts { totalCount } } } }
}`;

async function begin(catalog: string, faults: Parameters<typeof start>[2] = []): Promise<Stage> {
  const stage = await start({ CATALOG: catalog }, {}, faults);
  if (catalog === "on") await stage.warm();
  return stage;
}

const contractPaths = (answer: Answer) =>
  paths(answer)
    .filter((path) => path?.includes("ontract") || path?.endsWith("all"))
    .sort();

describe.each(modes)("a contract that cannot be read (catalog %s)", (catalog) => {
  test("is reported only at the edges where it belonged when last read", async () => {
    const { query, alma } = await begin(catalog);
    expect((await query(screens)).errors).toBeUndefined();
    alma.faults.add(unreadable("tenant_contracts/200"));
    const answer = await query(screens, { age: 0 });
    expect(contractPaths(answer)).toEqual([
      "clients.nodes.2.tenantContracts",
      "units.nodes.2.all",
      "units.nodes.2.currentTenantContract",
      "units.nodes.2.tenantContracts",
    ]);
    expect(codes(answer)).toEqual(["ALMA_UNAVAILABLE"]);
    expect(answer.data.other.tenantContracts).toEqual({ totalCount: 1 });
    expect(answer.data.units.nodes[2]).toMatchObject({
      almaId: 200,
      tenantContracts: { totalCount: 0 },
      ownerContracts: { totalCount: 1 },
      currentTenantContract: null,
      all: { totalCount: 1 },
    });
  });

  test("on a room is reported at the room, its tenant, and its apartment with rooms", async () => {
    const { query, alma } = await begin(catalog);
    await query(screens);
    alma.faults.add(unreadable("tenant_contracts/201"));
    expect(contractPaths(await query(screens, { age: 0 }))).toEqual([
      "clients.nodes.2.tenantContracts",
      "rooms.nodes.4.tenantContracts",
      "units.nodes.2.all",
    ]);
  });

  test("and was never read is reported once per answer, however many lists it may belong to", async () => {
    const { query } = await begin(catalog, [unreadable("tenant_contracts/200")]);
    const answer = await query(screens);
    expect(paths(answer)).toEqual(["clients"]);
    expect(answer.errors?.[0]?.message).toContain("TenantContract:200");
    const both = "{ a: unit(ref: { almaId: 300 }) { X } b: unit(ref: { almaId: 310 }) { X } }";
    const twice = both.replaceAll("X", "tenantContracts { totalCount } ownerContracts { totalCount }");
    expect(paths(await query(twice))).toEqual(["a.tenantContracts"]);
  });

  test.each(["tenantContracts/300", "ownerContracts/300"])(
    "%s: a filtered root list keeps its error",
    async (path) => {
      const [field, id] = path.split("/");
      const wire = field === "tenantContracts" ? "tenant_contracts" : "owner_contracts";
      const { query, alma } = await begin(catalog);
      const lists = `query A($age: Int) @freshness(maxAge: $age) { a: ${field}(filter: { state: [ACTIVE] }) { totalCount }
      b: ${field}(filter: { client: { almaId: 100 } }) { totalCount } }`;
      await query(lists);
      alma.faults.add(unreadable(`${wire}/${id}`));
      expect(paths(await query(lists, { age: 0 })).sort()).toEqual(["a", "b"]);
    },
  );
});

describe.each(modes)("a room that cannot be read (catalog %s)", (catalog) => {
  const rooms = `query A($age: Int) @freshness(maxAge: $age) {
    units(orderBy: { field: ALMA_ID, direction: ASC }) { nodes { rooms { totalCount } tenantContracts(includeRooms: true) { totalCount } } }
    buildings(orderBy: { field: ALMA_ID, direction: ASC }) { nodes { rooms { totalCount } } }
  }`;

  test("is reported at its apartment and building, and with the contracts of the apartment's rooms", async () => {
    const { query, alma } = await begin(catalog);
    expect((await query(rooms)).errors).toBeUndefined();
    alma.faults.add(unreadable("rooms/201"));
    const answer = await query(rooms, { age: 0 });
    expect(paths(answer).sort()).toEqual([
      "buildings.nodes.1.rooms",
      "units.nodes.2.rooms",
      "units.nodes.2.tenantContracts",
    ]);
    expect(answer.data.units.nodes[2]).toEqual({
      rooms: { totalCount: 1 },
      tenantContracts: { totalCount: 1 },
    });
  });

  test("and never was is reported once for rooms and once for contracts", async () => {
    const { query } = await begin(catalog, [unreadable("rooms/201")]);
    const answer = await query(rooms);
    expect(paths(answer).sort()).toEqual(["buildings", "units"]);
  });

  test("leaves contracts out of lists by building where one is on it, and is reported there", async () => {
    const { query, alma } = await begin(catalog);
    const text = `query A($age: Int) @freshness(maxAge: $age) { clients(orderBy: { field: ALMA_ID, direction: ASC }) {
      nodes { tenantContracts(filter: { building: { almaId: 2 } }) { totalCount } } } }`;
    expect((await query(text)).errors).toBeUndefined();
    alma.faults.add(unreadable("rooms/201"));
    const answer = await query(text, { age: 0 });
    expect(paths(answer)).toEqual(["clients.nodes.2.tenantContracts"]);
    expect(answer.data.clients.nodes[2]).toEqual({ tenantContracts: { totalCount: 1 } });
  });
});
