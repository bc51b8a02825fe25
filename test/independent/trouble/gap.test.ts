import { describe, expect, test } from "vitest";
import { advance } from "../../support/clock.ts";
import { addBuilding, addClient, addRoom, addTenantContract, addUnit } from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { faultsOf, type Stage, stages } from "../gateway.ts";

/** Two buildings, a unit with two rooms in each, and two contracts in force on the first unit, of which 902 counts. */
function town(): World {
  const world = new World();
  addClient(world, { id: 1 });
  for (const [building, unit] of [
    [1, 10],
    [2, 20],
  ] as const) {
    addBuilding(world, { id: building });
    addUnit(world, { id: unit, building, number_of_bedrooms: building });
    addRoom(world, { id: unit + 1, parent_unit: unit, building });
    addRoom(world, { id: unit + 2, parent_unit: unit, building });
  }
  for (const [id, start_date] of [
    [901, "2020-01-01"],
    [902, "2024-01-01"],
  ] as const)
    addTenantContract(world, { unit: 10, client: 1 }, { id, start_date, end_date: "2098-01-01" });
  return world;
}

const start = stages({}, town);
const modes = [["off"], ["on"]] as const;
const spoil = (path: RegExp, fields: object) => ({
  path,
  as: { change: (json: unknown) => ({ ...(json as object), ...fields }) },
});
const contract902 = /tenant_contracts\/902\/$/;
const both =
  "{ a: unit(ref: { almaId: 10 }) { currentTenantContract { almaId } } b: unit(ref: { almaId: 20 }) { currentTenantContract { almaId } } }";

async function begin(catalog: string, faults: Parameters<typeof start>[2] = []): Promise<Stage> {
  const stage = await start({ CATALOG: catalog, MAX_AGE: "0.001" }, {}, faults);
  if (catalog === "on") await stage.warm();
  return stage;
}

describe.each(modes)("partial data is reported where it is missing (catalog %s)", (catalog) => {
  test("an unreadable contract of this object may be the current one", async () => {
    const { query, alma } = await begin(catalog);
    expect((await query(both)).data).toEqual({
      a: { currentTenantContract: { almaId: 902 } },
      b: { currentTenantContract: null },
    });
    alma.faults.add({ path: contract902, as: { status: 500 } });
    const answer = await query(both.replace("{", "query A @freshness(maxAge: 0) {"));
    expect(answer.data).toEqual({ a: { currentTenantContract: null }, b: { currentTenantContract: null } });
    expect(faultsOf(answer)).toContainEqual(["a.currentTenantContract", "ALMA_UNAVAILABLE"]);
  });

  test("a contract that was never read may be the current one of any object, and is reported once", async () => {
    const { query } = await begin(catalog, [{ path: contract902, as: { status: 500 } }]);
    const answer = await query(both);
    expect(answer.data.a).toEqual({ currentTenantContract: { almaId: 901 } });
    expect(faultsOf(answer).map(([path]) => path)).toEqual(["a.currentTenantContract"]);
  });

  test.each([
    ["units { nodes { rooms { totalCount } tenantContracts { totalCount } } }", "units"],
    ["units { edges { node { currentTenantContract { almaId } } } }", "units"],
    ["buildings { pages: nodes { units { nodes { tenantContracts { totalCount } } } } }", "buildings"],
    ['nodes(ids: ["Unit:20", "Unit:10"]) { ... on Unit { tenantContracts { totalCount } } }', "nodes"],
    ["unit(ref: { almaId: 10 }) { tenantContracts { totalCount } }", "unit.tenantContracts"],
    [
      "b: unit(ref: { almaId: 10 }) { tenantContracts { totalCount } } a: units { nodes { tenantContracts { totalCount } } }",
      "a",
    ],
  ])("an error reported once is at the list whose rows it concerns: %s", async (query, place) => {
    const one = await begin(catalog, [{ path: contract902, as: { status: 500 } }]);
    const answer = await one.query(`{ ${query} }`);
    expect(faultsOf(answer)).toEqual([[place, "ALMA_UNAVAILABLE"]]);
  });

  test("a room and a contract that were never read are reported for the same lists, whichever field needs them first", async () => {
    const one = await begin(catalog, [
      { path: contract902, as: { status: 500 } },
      { path: /\/rooms\/22\/$/, as: { status: 500 } },
    ]);
    addUnit(one.alma.world, { id: 30, building: 2 });
    const fields = ["isVacant", "tenantContracts { totalCount }", "rooms { totalCount }"];
    for (const turn of [0, 1, 2]) {
      const [first, ...others] = [...fields.slice(turn), ...fields.slice(0, turn)];
      const answer = await one.query(
        `{ a: unit(ref: { almaId: 30 }) { ${first} } b: unit(ref: { almaId: 30 }) { ${others.join(" ")} } }`,
      );
      const records = answer.errors?.map(({ message }) => /Room:22|TenantContract:902/.exec(message)?.[0]);
      // Contracts may be on the room, too.
      expect(records?.sort()).toEqual(["Room:22", "Room:22", "TenantContract:902"]);
    }
  });

  test("an incomplete answer is not kept, and its explanation says so", async () => {
    const one = await begin(catalog, [{ path: contract902, as: { status: 500 } }]);
    const whole = "{ units { nodes { name } } }";
    for (const [query, kept] of [
      [both, false],
      [whole, true],
    ] as const) {
      await one.query(query);
      const { extensions } = await one.query(query.replace("{", "query Q @explain(data: true) {"));
      expect(extensions.explain.kept).toBe(kept);
      expect((await one.query(query)).extensions.alma).toEqual(
        kept ? expect.objectContaining({ kept }) : expect.not.objectContaining({ kept: true }),
      );
    }
  });

  test("a contract that has moved to another object since the index was read is not the current one", async () => {
    const { query, alma } = await begin(catalog);
    expect((await query(both)).data.a).toEqual({ currentTenantContract: { almaId: 902 } });
    const usage = alma.world.tenant_contracts.get(902)?.usage;
    if (usage) usage.unit = 20;
    expect((await query(both)).data.a).toEqual({ currentTenantContract: { almaId: 901 } });
  });

  test("a contract that becomes unreadable may be the current one", async () => {
    const { query, alma } = await begin(catalog);
    await query(both);
    alma.faults.add(spoil(contract902, { end_date: 7 }));
    const answer = await query(both);
    expect(answer.data.a).toEqual({ currentTenantContract: null });
    expect(faultsOf(answer)).toEqual([["a.currentTenantContract", "ALMA_BAD_ANSWER"]]);
  });

  test.each([
    ["startDate", { start_date: "x" }],
    ["endDate", { end_date: 7 }],
  ])("a %s of a wrong type leaves the state and its consequences unknown", async (_field, fields) => {
    const { query } = await begin(catalog, [spoil(contract902, fields)]);
    const answer = await query(
      `{ tenantContract(ref: { almaId: 902 }) { state } active: tenantContracts(filter: { state: [ACTIVE] }) { nodes { almaId } }
      planned: tenantContracts(filter: { state: [PLANNED] }) { totalCount } unit(ref: { almaId: 10 }) { currentTenantContract { almaId } } }`,
    );
    expect(answer.data).toEqual({
      tenantContract: { state: null },
      active: { nodes: [{ almaId: 901 }] },
      planned: { totalCount: 0 },
      unit: { currentTenantContract: null },
    });
    expect(faultsOf(answer).sort()).toEqual([
      ["active", "ALMA_BAD_ANSWER"],
      ["planned", "ALMA_BAD_ANSWER"],
      ["tenantContract.state", "ALMA_BAD_ANSWER"],
      ["unit.currentTenantContract", "ALMA_BAD_ANSWER"],
    ]);
  });

  test("a reference of a wrong type leaves the parent of a record undecided", async () => {
    const { query } = await begin(catalog, [
      spoil(/units\/10\/$/, { building: "x" }),
      spoil(/rooms\/11\/$/, { parent_unit: 7.5 }),
    ]);
    const answer = await query(
      "{ building(ref: { almaId: 1 }) { units { totalCount } } unit(ref: { almaId: 10 }) { rooms { totalCount } } }",
    );
    expect(answer.data).toEqual({
      building: { units: { totalCount: 0 } },
      unit: { rooms: { totalCount: 1 } },
    });
    expect(faultsOf(answer).map(([path]) => path)).toEqual(["building.units", "unit.rooms"]);
    expect(answer.errors?.[0]?.message).toContain("Unit:10.building: ");
  });

  test("a contract whose object has a building of a wrong type is in no building, and reported", async () => {
    const { query } = await begin(catalog, [spoil(/units\/10\/$/, { building: "x" })]);
    const answer = await query(
      "{ here: tenantContracts(filter: { building: { almaId: 1 } }) { totalCount } other: tenantContracts(filter: { not: { building: { almaId: 1 } } }) { totalCount } }",
    );
    expect(answer.data).toEqual({ here: { totalCount: 0 }, other: { totalCount: 0 } });
    expect(faultsOf(answer)).toEqual([
      ["here", "ALMA_BAD_ANSWER"],
      ["other", "ALMA_BAD_ANSWER"],
    ]);
    expect(answer.errors?.[0]?.message).toContain("Unit:10.building: ");
  });

  test("a room of an unknown unit may belong to any unit, and so may its contracts", async () => {
    const { query } = await begin(catalog, [spoil(/rooms\/11\/$/, { parent_unit: 7.5 })]);
    const answer = await query(
      "{ unit(ref: { almaId: 10 }) { tenantContracts(includeRooms: true) { totalCount } } }",
    );
    expect(answer.data.unit).toEqual({ tenantContracts: { totalCount: 2 } });
    expect(faultsOf(answer)).toEqual([["unit.tenantContracts", "ALMA_BAD_ANSWER"]]);
    expect(answer.errors?.[0]?.message).toContain("Room:11.parentUnit: ");
  });

  test.each(["isNull: true", "ne: 9", "gte: 0"])(
    "the filter %s leaves out a value of a wrong type, and reports it",
    async (filter) => {
      const { query } = await begin(catalog, [spoil(/units\/10\/$/, { number_of_bedrooms: "x" })]);
      const answer = await query(
        `{ units(filter: { numberOfBedrooms: { ${filter} } }) { nodes { almaId } } }`,
      );
      const ids = filter === "isNull: true" ? [] : [20];
      expect(answer.data.units.nodes).toEqual(ids.map((almaId) => ({ almaId })));
      expect(faultsOf(answer)).toEqual([["units", "ALMA_BAD_ANSWER"]]);
    },
  );

  test("each incomplete list is reported at its own path", async () => {
    const { query, alma } = await begin(catalog);
    const rooms = "buildings { nodes { rooms { totalCount } } }";
    await query(`{ ${rooms} }`);
    for (const id of [11, 21]) alma.faults.add({ path: new RegExp(`rooms/${id}/$`), as: { status: 500 } });
    const answer = await query(`query A @freshness(maxAge: 0) { ${rooms} }`);
    expect(answer.data.buildings.nodes).toEqual([{ rooms: { totalCount: 1 } }, { rooms: { totalCount: 1 } }]);
    expect(faultsOf(answer).map(([path]) => path)).toEqual(
      expect.arrayContaining(["buildings.nodes.0.rooms", "buildings.nodes.1.rooms"]),
    );
  });
});

test.each(modes)("a list is no older than @freshness asks for (catalog %s)", async (catalog) => {
  const { query, alma } = await begin(catalog);
  const asked =
    "query A @freshness(maxAge: 1) { units { asOf totalCount nodes { almaId } } clients { asOf totalCount } }";
  await query(asked);
  addUnit(alma.world, { id: 30 });
  addClient(alma.world, { id: 2 });
  advance(1_100);
  const before = Date.now() - 1_000;
  const { data } = await query(asked);
  expect(data.units).toMatchObject({
    totalCount: 3,
    nodes: [{ almaId: 30 }, { almaId: 20 }, { almaId: 10 }],
  });
  expect(data.clients.totalCount).toBe(2);
  for (const { asOf } of [data.units, data.clients]) expect(Date.parse(asOf)).toBeGreaterThanOrEqual(before);
});
