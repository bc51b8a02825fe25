import { describe, expect, test } from "vitest";
import { until } from "../../support/clock.ts";
import {
  addBuilding,
  addClient,
  addOwnerContract,
  addRoom,
  addTenantContract,
  addUnit,
} from "../alma/row.ts";
import { type RoomRow, type UnitRow, World } from "../alma/world.ts";
import { faultsOf, type Stage, stages } from "../gateway.ts";

const ROOMS = 30;

/** A building with a unit and its rooms, all archived, on which contracts have ended; and one in use. */
function ended(): World {
  const world = new World();
  const client = addClient(world).id;
  const used = addUnit(world, { building: addBuilding(world).id });
  addTenantContract(world, { unit: addRoom(world, { parent_unit: used.id }).id, client });
  const building = addBuilding(world, { is_archived: true }).id;
  const unit = addUnit(world, { building, is_archived: true });
  addOwnerContract(world, { unit: unit.id, client });
  for (let index = 0; index < ROOMS; index++) {
    const room = addRoom(world, { parent_unit: unit.id, is_archived: true });
    addTenantContract(world, { unit: room.id, client });
  }
  return world;
}

/** A room that was never let, in an archived unit and building. */
function unlet(): World {
  const world = new World();
  const building = addBuilding(world, { is_archived: true }).id;
  addRoom(world, { parent_unit: addUnit(world, { building, is_archived: true }).id });
  return world;
}

const lively = { CATALOG: "on", CATALOG_MAX_AGE: "1", CLOSED_MAX_AGE: "1", REFRESH_RATE: "200" };
const archivedLeftOut = { listsArchived: false };
const start = stages({ CATALOG: "on", MAX_CALLS: "5" }, ended);
const startUnlet = stages({}, unlet);

const last = <T>(rows: Map<number, T>): T => [...rows.values()].at(-1) as T;
const buildingOf = ({ alma }: Stage) => last(alma.world.buildings).id;
const unitOf = ({ alma }: Stage): UnitRow => last(alma.world.units);
const roomOf = ({ alma }: Stage): RoomRow => last(alma.world.rooms);
const byBuilding = (one: Stage) =>
  `{ tenantContracts(filter: { building: { almaId: ${buildingOf(one)} } }) { totalCount } }`;
const byUnit = (one: Stage) =>
  `{ unit(ref: { almaId: ${unitOf(one).id} }) { tenantContracts(includeRooms: true) { totalCount } } }`;
const report =
  "{ tenantContracts { nodes { rentalObject { name building { address } } client { phone } } } }";

test("unlisted records that units and rooms refer to are read with the others and kept as fresh", async () => {
  const one = await startUnlet(lively, archivedLeftOut);
  await one.warm();
  const query = "{ rooms { nodes { unit { number building { address } } } } }";
  const seen = async () => (await one.counted(query)).data.rooms.nodes;
  expect((await one.query(query)).extensions.alma.calls).toBe(0);
  const unit = { number: "renumbered", building: { address: "moved" } };
  unitOf(one).number = unit.number;
  last(one.alma.world.buildings).address = unit.building.address;
  await until(async () => JSON.stringify(await seen()) === JSON.stringify([{ unit }]));
});

describe("an unlisted rental object that a contract refers to", () => {
  test("is read once by the warm-up, and costs no call afterwards", async () => {
    const one = await start({}, archivedLeftOut);
    await one.warm();
    const details = one.alma.paths().filter((path) => /\d\/$/.test(path));
    expect(new Set(details).size).toBe(details.length);
    // The kind of an id that no list contains is unknown: the unit is first requested as a room.
    const { buildings, units, rooms, clients, owner_contracts, tenant_contracts } = one.alma.world;
    const records = [buildings, units, rooms, clients, owner_contracts, tenant_contracts];
    expect(details.length).toBe(records.reduce((sum, { size }) => sum + size, 0) + 1);
    expect(await one.counted(byBuilding(one))).toEqual({
      data: { tenantContracts: { totalCount: ROOMS } },
      calls: 0,
    });
    expect((await one.counted(report)).calls).toBe(0);
    const { data, calls } = await one.counted(byUnit(one));
    // The query names the unit itself, which is confirmed if it is not fresh.
    expect(data.unit.tenantContracts.totalCount).toBe(ROOMS);
    expect(calls).toBeLessThanOrEqual(1);
  });

  test("makes the operation wait for the warm-up instead of calling Alma", async () => {
    const one = await start({ WARM_UP_CONCURRENCY: "2" }, archivedLeftOut);
    one.alma.latency = 5;
    const first = one.query(report);
    const answers = await Promise.all([one.query(byBuilding(one)), one.query(byBuilding(one))]);
    for (const answer of answers) {
      expect(answer.errors).toBeUndefined();
      expect(answer.data.tenantContracts.totalCount).toBe(ROOMS);
    }
    // Pages of more records than an operation may read.
    const { data, errors } = await first;
    expect(errors).toBeUndefined();
    expect(data.tenantContracts.nodes[0].rentalObject.name).toBe(roomOf(one).name);
    await one.warm();
    const details = one.alma.paths().filter((path) => /\d\/$/.test(path));
    expect(new Set(details).size).toBe(details.length);
  });

  test("is not waited for beyond the deadline; the error says how far the warm-up is", async () => {
    const one = await start({ WARM_UP_CONCURRENCY: "1", DEADLINE: "2" }, archivedLeftOut, [
      { path: /rooms\/10[1-9]\d\/$/, as: "stall" },
    ]);
    const answer = await one.query(byBuilding(one));
    expect(faultsOf(answer)).toEqual([["tenantContracts", "CATALOG_WARMING"]]);
    expect(answer.errors?.[0]?.message).toMatch(/refer to and no list names \(\d+ of \d+ so far\)/);
  });

  test("is kept as fresh as listed records, with the records that it refers to", async () => {
    const one = await start(lively, archivedLeftOut);
    await one.warm();
    const query = `{ tenantContracts(first: 1) { nodes { rentalObject { name ... on Room { unit { number } } } } } }`;
    const seen = async () => (await one.query(query)).data.tenantContracts.nodes[0].rentalObject;
    roomOf(one).name = "renamed";
    unitOf(one).number = "renumbered";
    await until(
      async () =>
        JSON.stringify(await seen()) ===
        JSON.stringify({
          name: "renamed",
          unit: { number: "renumbered" },
        }),
    );
    expect((await one.query(query)).extensions.alma.calls).toBe(0);
  });

  test("shows in the age of the catalog when it cannot be read again", async () => {
    const one = await start(lively, archivedLeftOut);
    await one.warm();
    const status = () => one.gateway.catalog.status().find(({ kind }) => kind === "room");
    expect(status()).toMatchObject({ listed: 1, unread: 0 });
    one.alma.faults.add({ path: new RegExp(`rooms/${roomOf(one).id}/$`), as: { status: 400 } });
    await until(() => (status()?.closedAge ?? 0) > 2);
  });

  test("is requested once if it does not exist", async () => {
    const one = await start({}, archivedLeftOut);
    const nothing = 999_999;
    last(one.alma.world.tenant_contracts).usage = { id: 1, unit: nothing, client: null, is_archived: false };
    await one.warm();
    const asked = one.alma.paths().filter((path) => path.includes(String(nothing)));
    expect(asked.length).toBeLessThanOrEqual(2);
    const { data, calls } = await one.counted(byBuilding(one));
    expect(data.tenantContracts.totalCount).toBe(ROOMS - 1);
    expect(calls).toBe(0);
  });
});

describe.each(["off", "on"])("an unlisted object that cannot be read (catalog %s)", (catalog) => {
  test("leaves out the contracts on it, with an error beside the data, and nothing else", async () => {
    const broken = last(ended().rooms).id;
    const one = await start({ CATALOG: catalog, MAX_CALLS: "1000" }, archivedLeftOut, [
      { path: new RegExp(`/${broken}/$`), as: { status: 400 } },
    ]);
    await one.warm();
    for (const [query, field] of [
      [byBuilding(one), "tenantContracts"],
      [byUnit(one), "unit.tenantContracts"],
    ] as const) {
      const answer = await one.query(query);
      const { tenantContracts } = answer.data.unit ?? answer.data;
      expect(tenantContracts).toEqual({ totalCount: ROOMS - 1 });
      expect(faultsOf(answer)).toEqual([[field, "ALMA_BAD_ANSWER"]]);
      expect(answer.errors?.[0]?.message).toContain(`Room:${broken}`);
    }
  });

  test("leaves out the same if it was read before", async () => {
    const one = await start({ CATALOG: catalog, MAX_CALLS: "1000" }, archivedLeftOut);
    await one.warm();
    for (const query of [byBuilding(one), byUnit(one)])
      expect((await one.query(query)).errors).toBeUndefined();
    one.alma.faults.add({ path: new RegExp(`/${roomOf(one).id}/$`), as: { status: 400 } });
    for (const query of [byBuilding(one), byUnit(one)]) {
      const answer = await one.query(query.replace("{", "query A @freshness(maxAge: 0) {"));
      const { tenantContracts } = answer.data.unit ?? answer.data;
      expect(tenantContracts).toEqual({ totalCount: ROOMS - 1 });
      expect(faultsOf(answer)).toHaveLength(1);
    }
  });

  test("leaves out the same if the deciding field was unreadable", async () => {
    const spoiled = { building: "x", parent_unit: 7.5 };
    const one = await start({ CATALOG: catalog, MAX_CALLS: "1000" }, archivedLeftOut, [
      {
        path: new RegExp(`/${last(ended().rooms).id}/$`),
        as: { change: (json) => ({ ...(json as object), ...spoiled }) },
      },
    ]);
    await one.warm();
    for (const query of [byBuilding(one), byUnit(one)]) {
      const answer = await one.query(query);
      const { tenantContracts } = answer.data.unit ?? answer.data;
      expect(tenantContracts).toEqual({ totalCount: ROOMS - 1 });
      expect(faultsOf(answer)).toHaveLength(1);
    }
  });
});
