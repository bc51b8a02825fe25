import { describe, expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { nothing, span, start, today } from "./computed-impact.ts";

describe("archiving", () => {
  test("a unit affects its rooms and their contracts; clients without another active contract lose access", async () => {
    const { impact } = await start();
    expect(await impact("unit", 1, "archive")).toEqual({
      ...nothing,
      rooms: ["Room:12", "Room:11"],
      contracts: ["TenantContract:903", "TenantContract:902", "OwnerContract:501"],
      clients: ["Client:253", "Client:251"],
      isReversible: false,
      irreversible: [
        "3 contracts are archived permanently: unarchiving the unit does not bring contracts back.",
        "2 clients lose access to Alma's app, until a new contract is made and has begun.",
      ],
    });
  });

  test("has the predicted effect in the simulated Alma", async () => {
    const { impact, simulator } = await start();
    const { contracts, clients, rooms } = await impact("unit", 1, "archive");
    const headers = { "Api-Key": simulator.apiKey, "content-type": "application/json" };
    const body = JSON.stringify({ is_archived: true });
    await fetch(`${simulator.url}realty/units/1/archive/`, { method: "PATCH", headers, body });
    const { data } = simulator;
    const archived = (name: string, rows: readonly { id: number; is_archived: boolean }[]) =>
      rows.filter((row) => row.is_archived).map(({ id }) => `${name}:${id}`);
    expect(rooms).toEqual(archived("Room", data.rooms.all()));
    expect(contracts).toEqual([
      ...archived("TenantContract", data.tenantContracts.all()),
      ...archived("OwnerContract", data.ownerContracts.all()),
    ]);
    const shut = data.clients.all().filter(({ status }) => status === "inactive");
    expect(clients).toEqual(shut.map(({ id }) => `Client:${id}`));
  });

  test("a room affects its own contracts only; its client keeps access by another contract", async () => {
    const { impact } = await start();
    expect(await impact("room", 11, "archive")).toEqual({
      ...nothing,
      contracts: ["TenantContract:902"],
      isReversible: false,
      irreversible: [
        "One contract is archived permanently: unarchiving the room does not bring contracts back.",
      ],
    });
  });

  test("a unit let as a whole has no rooms; an ended contract is not affected", async () => {
    const { impact, simulator } = await start();
    simulator.data.tenantContracts.change(902, { is_archived: true });
    expect(await impact("unit", 2, "archive")).toMatchObject({
      rooms: [],
      contracts: ["TenantContract:904"],
      clients: ["Client:252"],
    });
  });

  test("a unit without contracts is reversible", async () => {
    const { impact } = await start({ data: household });
    expect(await impact("unit", 1, "archive")).toEqual({ ...nothing, rooms: ["Room:12", "Room:11"] });
  });

  test("a client with an active owner contract on another unit keeps access; with a planned one, perhaps", async () => {
    const { impact, simulator } = await start();
    simulator.data.ownerContracts.insert({ unit_id: 2, client_id: 253, ...span(today, null) });
    simulator.data.ownerContracts.insert({ unit_id: 2, client_id: 251, ...span("2025-06-16", null) });
    const { clients, possibly, uncertain, irreversible } = await impact("unit", 1, "archive");
    expect({ clients, possibly }).toEqual({ clients: [], possibly: ["Client:251"] });
    expect(uncertain).toEqual([
      expect.stringMatching(/^One client keeps planned contracts but no active one: /),
    ]);
    expect(irreversible).toHaveLength(1);
  });

  test("a contract that another system made a moment ago is in the impact", async () => {
    const { impact, simulator } = await start();
    expect((await impact("unit", 2, "archive")).contracts).toEqual(["TenantContract:904"]);
    simulator.data.tenantContracts.change(904, { is_archived: true });
    simulator.data.ownerContracts.insert({ id: 503, unit_id: 2, client_id: 254, ...span(today, null) });
    expect(await impact("unit", 2, "archive")).toMatchObject({
      contracts: ["OwnerContract:503"],
      clients: ["Client:254"],
      isReversible: false,
    });
  });

  test("a contract that another system moved away is not in the impact, nor is a room", async () => {
    const { impact, simulator } = await start();
    await impact("unit", 1, "archive");
    simulator.data.tenantContracts.change(903, { unit_id: 2 });
    simulator.data.rooms.change(11, { parent_unit: 2 });
    expect(await impact("unit", 1, "archive")).toMatchObject({
      rooms: ["Room:12"],
      contracts: ["OwnerContract:501"],
    });
  });

  test("an impact says that it does not see records moved here by other systems since", async () => {
    const { impact, simulator } = await start();
    expect((await impact("room", 11, "archive")).uncertain).toEqual([]);
    simulator.data.tenantContracts.change(903, { unit_id: 2 });
    const { contracts, uncertain } = await impact("unit", 2, "archive");
    expect(contracts).toEqual(["TenantContract:904"]);
    expect(uncertain).toEqual([
      expect.stringMatching(
        /^A room or a contract that another system moved here after 20\d\d-.*Z is not seen: /,
      ),
    ]);
  });

  test("a contract that cannot be read is reported as a failed read", async () => {
    const { impact, simulator } = await start();
    simulator.faults.add({ kind: "status", status: 500, when: ({ path }) => path.endsWith("/903/") });
    const { contracts, unread } = await impact("unit", 1, "archive");
    expect(contracts).toEqual(["TenantContract:902", "OwnerContract:501"]);
    expect(unread).toEqual(["TenantContract:903"]);
  });
});

describe("unarchiving", () => {
  test("a unit unarchives its archived rooms and building; the building is irreversible", async () => {
    const { impact, simulator } = await start();
    simulator.data.units.change(1, { is_archived: true });
    simulator.data.rooms.change(12, { is_archived: true });
    simulator.data.buildings.change(1001, { is_archived: true });
    expect(await impact("unit", 1, "unarchive")).toEqual({
      ...nothing,
      above: ["Building:1001"],
      rooms: ["Room:12"],
      isReversible: false,
      irreversible: ["The building comes back too, and Alma's API has no call to archive a building again."],
    });
  });

  test("a room unarchives its unit, but not the unit's other rooms", async () => {
    const { impact, simulator } = await start();
    simulator.data.units.change(1, { is_archived: true });
    simulator.data.rooms.change(11, { is_archived: true });
    simulator.data.rooms.change(12, { is_archived: true });
    expect(await impact("room", 11, "unarchive")).toEqual({
      ...nothing,
      above: ["Unit:1"],
      isReversible: false,
      irreversible: [
        "The room's unit comes back with it, and archiving the room again does not archive the unit.",
      ],
    });
  });

  test("a unit has unknown rooms (null) if no list names archived rooms", async () => {
    const { impact, simulator } = await start({ switches: { archivedInLists: false } });
    simulator.data.units.change(1, { is_archived: true });
    simulator.data.rooms.change(11, { is_archived: true });
    expect((await impact("unit", 1, "unarchive")).rooms).toBeNull();
  });

  test("a unit that is not archived also has unknown rooms, unless a list names an archived record", async () => {
    const { impact, simulator } = await start({ switches: { archivedInLists: false } });
    simulator.data.rooms.change(11, { is_archived: true });
    expect((await impact("unit", 1, "unarchive")).rooms).toBeNull();
    const listing = await start();
    listing.simulator.data.rooms.change(11, { is_archived: true });
    expect((await listing.impact("unit", 1, "unarchive")).rooms).toEqual(["Room:11"]);
    expect((await listing.impact("unit", 2, "unarchive")).rooms).toEqual([]);
  });
});

describe("blocking", () => {
  test("a unit affects its rooms; their active and planned tenant contracts are obstacles", async () => {
    const { impact } = await start();
    expect(await impact("unit", 1, "block")).toEqual({
      ...nothing,
      rooms: ["Room:12", "Room:11"],
      obstacles: ["TenantContract:903", "TenantContract:902"],
    });
  });

  test("an owner contract is not an obstacle, nor is a contract on the unit for its room", async () => {
    const { impact, simulator } = await start();
    simulator.data.tenantContracts.change(902, { unit_id: 1 });
    expect((await impact("room", 11, "block")).obstacles).toEqual([]);
  });

  test("unblocking is irreversible", async () => {
    const { impact } = await start();
    const found = await impact("room", 11, "unblock");
    expect(found).toMatchObject({ isReversible: false, contracts: [], obstacles: [] });
    expect(found.irreversible).toHaveLength(1);
  });
});

describe("calls", () => {
  test("an impact reads the lists and what the index places there, and no other record again", async () => {
    const { impact, asked } = await start();
    await impact("unit", 1, "archive");
    asked();
    await impact("room", 11, "archive");
    expect(asked().sort()).toEqual([
      "GET realty/contracts/owner_contracts/",
      "GET realty/contracts/tenant_contracts/",
      // The contracts on the room, and the other one of its client.
      ...[901, 902, 904].map((id) => `GET realty/contracts/tenant_contracts/${id}/`),
      "GET realty/rooms/11/",
    ]);
  });

  test("the impact of blocking a room reads the room and the tenant contracts only", async () => {
    const { impact, asked } = await start();
    await impact("room", 11, "block");
    expect(asked().sort()).toEqual([
      "GET realty/contracts/tenant_contracts/",
      ...[901, 902, 903, 904].map((id) => `GET realty/contracts/tenant_contracts/${id}/`),
      "GET realty/rooms/11/",
    ]);
  });
});
