import { describe, expect, test } from "vitest";
import { until } from "../../support/clock.ts";
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
import { codes, faultsOf, type Stage, stages } from "../gateway.ts";

/** Three buildings with a unit and a room each, both let, and an owner of each unit. */
function town(): World {
  const world = new World();
  for (const building of [1, 2, 3]) {
    addBuilding(world, { id: building, name: `Tower ${building}` });
    const unit = building * 100;
    addClient(world, { id: unit, last_name: `Owner ${building}` });
    addUnit(world, { id: unit, building });
    addRoom(world, { id: unit + 1, parent_unit: unit, building });
    for (const id of [unit, unit + 1])
      addTenantContract(world, { unit: id, client: 100 }, { id, price: `${id}.50`, end_date: null });
    addOwnerContract(world, { unit, client: unit }, { id: unit + 7, end_date: null });
  }
  return world;
}

const start = stages({ MAX_AGE: "600", CATALOG_MAX_AGE: "600" }, town);
const modes = [["off"], ["on"]] as const;
const unreadable = (path: string) => ({ path: new RegExp(`${path}/$`), as: { status: 500 } as const });

async function begin(catalog: string, faults: Parameters<typeof start>[2] = []): Promise<Stage> {
  const stage = await start({ CATALOG: catalog }, {}, faults);
  if (catalog === "on") await stage.warm();
  return stage;
}

const byBuilding = `{ tenantContracts { groups(by: [{ field: BUILDING }]) {
  totalCount nodes { keys { building { name } } count price { sum } } } } }`;
const byOwner = `{ tenantContracts { groups(by: [{ field: OWNER }]) {
  nodes { keys { owner { lastName } } count } } } }`;
const group = (building: number, count: number, sum: string) => ({
  keys: { building: { name: `Tower ${building}` } },
  count,
  price: { sum },
});

describe.each(modes)("unreadable data (catalog %s)", (catalog) => {
  test("a contract is reported at the connection, and counted in no group", async () => {
    const { query } = await begin(catalog, [unreadable("tenant_contracts/201")]);
    const answer = await query(byBuilding);
    expect(faultsOf(answer)).toEqual([["tenantContracts", "ALMA_UNAVAILABLE"]]);
    expect(answer.data.tenantContracts.groups.nodes).toEqual([
      group(1, 2, "202.00"),
      group(2, 1, "200.50"),
      group(3, 2, "602.00"),
    ]);
  });

  test("an unreadable unit omits its contracts from groups by building, and from no others", async () => {
    const { query } = await begin(catalog, [unreadable("units/200")]);
    const answer = await query(byBuilding);
    expect(faultsOf(answer)).toEqual([["tenantContracts", "ALMA_UNAVAILABLE"]]);
    expect(answer.data.tenantContracts.groups.nodes).toEqual([
      group(1, 2, "202.00"),
      group(2, 1, "201.50"),
      group(3, 2, "602.00"),
    ]);
    const other = await query("{ tenantContracts { groups(by: [{ field: STATE }]) { nodes { count } } } }");
    expect(other.errors).toBeUndefined();
    expect(other.data.tenantContracts.groups.nodes).toEqual([{ count: 6 }]);
  });

  test("an owner's contract that was read before omits the contracts on its unit", async () => {
    const { query, alma } = await begin(catalog);
    const owners = [1, 2, 3].map((one) => ({ keys: { owner: { lastName: `Owner ${one}` } }, count: 2 }));
    expect((await query(byOwner)).data.tenantContracts.groups.nodes).toEqual(owners);
    alma.faults.add(unreadable("owner_contracts/207"));
    const answer = await query(byOwner.replace("{", "query A @freshness(maxAge: 0) {"));
    expect(faultsOf(answer)).toEqual([["tenantContracts", "ALMA_UNAVAILABLE"]]);
    expect(answer.data.tenantContracts.groups.nodes).toEqual([owners[0], owners[2]]);
  });

  test("a list makes the connection null, with its error", async () => {
    const { query } = await start({ CATALOG: catalog, DEADLINE: "1" }, {}, [
      { path: /tenant_contracts\/$/, as: { status: 500 } },
    ]);
    const answer = await query(byBuilding);
    expect(answer.data).toEqual({ tenantContracts: null });
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors?.[0]?.path).toEqual(["tenantContracts"]);
  });
});

test("a building that cannot be read keeps its group, in the order of the name that its units show", async () => {
  const { query } = await begin("off", [
    unreadable("buildings/2"),
    { path: /buildings\/$/, as: { status: 500 } },
  ]);
  const answer = await query(
    "{ units { groups(by: [BUILDING]) { nodes { keys { building { almaId } } count } } } }",
  );
  expect(answer.errors).toBeUndefined();
  expect(answer.data.units.groups.nodes).toEqual(
    [1, 2, 3].map((almaId) => ({ keys: { building: { almaId } }, count: 1 })),
  );
});

const questions = [
  "{ rentalObjects { groups(by: [KIND]) { nodes { keys { kind } count } } } }",
  "{ rentalObjects { groups(by: [BUILDING, IS_VACANT], orderBy: [{ field: OCCUPANCY }]) { nodes { keys { building { name } isVacant } lettable occupancy } } } }",
  '{ rentalObjects { groups(by: [OWNER], over: { from: "2026-01-01", to: "2026-03-31" }) { nodes { keys { owner { lastName } } occupiedDays occupancy } } } }',
  byBuilding,
  byOwner,
  "{ tenantContracts { groups { nodes { count price { sum } } } } }",
  "{ tenantContracts { totalCount groups(by: [{ field: CLIENT }, { field: STATE }]) { nodes { keys { client { id } } count } } } }",
  "{ tenantContracts { groups(by: [{ field: RENTAL_OBJECT }]) { nodes { keys { rentalObject { name } } distinct(of: OWNER) } } } }",
  '{ ownerContracts { groups(over: { from: "2026-01-01", to: "2026-06-30" }) { nodes { period { from } days } } } }',
  "{ units { groups(by: [OWNER, STATUS], first: 2) { nodes { keys { owner { lastName } status } internalArea { avg } } } } }",
  "{ rooms { groups(by: [UNIT]) { nodes { keys { unit { name building { address } } } count } } } }",
  "{ clients { groups(by: [STATUS]) { nodes { keys { status } count } } } }",
  "{ clients { groups(by: [COUNTRY]) { nodes { keys { country { value } } count } } } }",
  "{ building(ref: { almaId: 2 }) { units { groups { nodes { count } } } rooms { groups(by: [STATUS]) { nodes { count } } } } }",
];

async function explained({ alma, query }: Stage, text: string) {
  alma.asked();
  const { extensions, errors } = await query(text.replace("{", "query Q @explain {"));
  expect(errors).toBeUndefined();
  expect(alma.paths()).toEqual([]);
  const answer = await query(text);
  expect(answer.errors).toBeUndefined();
  const { exact, total } = extensions.explain;
  return { exact, total, made: alma.paths().length };
}

describe("the cost of groups is explained", () => {
  test.each(questions)("cold, then warm: %s", async (text) => {
    const stage = await begin("off");
    const { exact, total, made } = await explained(stage, text);
    if (exact) expect(made).toBe(total.expected);
    expect(await explained(stage, text)).toEqual({
      exact: true,
      total: { expected: 0 },
      made: 0,
    });
  });

  test("and is zero with a warm catalog", async () => {
    const stage = await begin("on");
    for (const text of questions.filter((one) => !one.includes("ref:"))) {
      const { exact, made, total } = await explained(stage, text);
      expect([text, exact, made, total.expected]).toEqual([text, true, 0, 0]);
    }
  });

  test("each record that decides is read once, and names come from lists: contracts, objects, buildings", async () => {
    const { alma, query } = await begin("off");
    alma.asked();
    await query(byBuilding);
    // The lists of contracts, units and rooms, and 6 contracts, 3 units and 3 rooms; the units show the buildings' names.
    expect(alma.paths()).toHaveLength(3 + 6 + 3 + 3);
  });

  test("groups of list fields cost one call", async () => {
    const { alma, query } = await begin("off");
    alma.asked();
    await query("{ clients { groups(by: [STATUS]) { nodes { count } } } }");
    expect(alma.paths()).toHaveLength(1);
  });
});

test("groups alone read no page of records", async () => {
  const { query } = await begin("on");
  const only = await query("{ tenantContracts { groups { nodes { count } } } }");
  expect(only.extensions.alma.reused).toBe(0);
  const both = await query("{ tenantContracts { nodes { id price } groups { nodes { count } } } }");
  expect(both.extensions.alma.reused).toBe(6);
});

test("groups contain the records of their place: below a record, and selected by a filter", async () => {
  const { query } = await begin("off");
  const answer = await query(`{
    building(ref: { almaId: 2 }) { units { groups { totalCount nodes { count } } } }
    unit(ref: { almaId: 300 }) { tenantContracts(includeRooms: true) { groups { nodes { count price { sum } } } } }
    tenantContracts(filter: { price: { gt: "200.50" }, building: { almaId: 2 } }, first: 1) {
      totalCount nodes { almaId } groups { nodes { count price { max } } } }
    none: units(filter: { name: { eq: "none" } }) { groups { nodes { count internalArea { sum avg min } } } by: groups(by: [STATUS]) { totalCount } }
  }`);
  expect(answer.errors).toBeUndefined();
  expect(answer.data).toEqual({
    building: { units: { groups: { totalCount: 1, nodes: [{ count: 1 }] } } },
    unit: { tenantContracts: { groups: { nodes: [{ count: 2, price: { sum: "602.00" } }] } } },
    tenantContracts: {
      totalCount: 1,
      nodes: [{ almaId: 201 }],
      groups: { nodes: [{ count: 1, price: { max: "201.50" } }] },
    },
    none: {
      groups: { nodes: [{ count: 0, internalArea: { sum: "0.00", avg: null, min: null } }] },
      by: { totalCount: 0 },
    },
  });
});

describe("occupancy", () => {
  /** A is let as a whole; B has rooms B1, B2 and an archived B3; C has neither the flag nor rooms. */
  function house(let1: (world: World, ids: Record<string, number>) => void): World {
    const world = new World();
    addClient(world, { id: 1 });
    const id = { A: 1, B: 2, C: 3, B1: 4, B2: 5, B3: 6 };
    addUnit(world, { id: id.A, name: "A", is_used_additional_external_id: true });
    addUnit(world, { id: id.B, name: "B" });
    addUnit(world, { id: id.C, name: "C" });
    addRoom(world, { id: id.B1, name: "B1", parent_unit: id.B });
    addRoom(world, { id: id.B2, name: "B2", parent_unit: id.B });
    addRoom(world, { id: id.B3, name: "B3", parent_unit: id.B, is_archived: true });
    let1(world, id);
    return world;
  }
  const sum = "lettable occupied vacant occupancy";
  const asked = async (world: World, args: string, selection: string) => {
    const { query } = await stages({}, () => world)();
    const answer = await query(`{ rentalObjects { groups${args} { nodes { ${selection} } } } }`);
    expect(answer.errors).toBeUndefined();
    return answer.data.rentalObjects.groups.nodes;
  };

  test.each([
    [["A", "B1"], { lettable: 4, occupied: 2, vacant: 2, occupancy: "50.0" }],
    [["A", "B"], { lettable: 4, occupied: 3, vacant: 1, occupancy: "75.0" }],
    [[], { lettable: 4, occupied: 0, vacant: 4, occupancy: "0.0" }],
  ])("contracts on %s: %o", async (names, expected) => {
    const world = house((town, id) => {
      for (const name of names) addTenantContract(town, { unit: id[name] ?? null, client: 1 });
    });
    expect(await asked(world, '(on: "2024-06-01")', sum)).toEqual([expected]);
    expect(await asked(world, "(by: [IS_LETTABLE])", "keys { isLettable } count")).toEqual([
      { keys: { isLettable: false }, count: 2 },
      { keys: { isLettable: true }, count: 4 },
    ]);
  });

  test("one of two rooms, occupied for half of a month, is a quarter", async () => {
    const world = house((town, id) => {
      for (const name of ["A", "C"]) town.units.delete(id[name] as number);
      addTenantContract(town, { unit: id.B1 ?? null }, { start_date: "2026-06-01", end_date: "2026-06-15" });
      // An additional, archived contract: it counts neither twice nor at all.
      addTenantContract(town, { unit: id.B1 ?? null }, { start_date: "2026-06-03", end_date: "2026-06-12" });
      addTenantContract(town, { unit: id.B2 ?? null, is_archived: true }, { start_date: "2026-06-01" });
    });
    const june = '(over: { from: "2026-06-01", to: "2026-06-30" })';
    expect(await asked(world, june, "lettableDays occupiedDays occupancy occupied vacant")).toEqual([
      { lettableDays: 60, occupiedDays: 15, occupancy: "25.0", occupied: null, vacant: null },
    ]);
  });

  test("nothing lettable has no occupancy", async () => {
    const world = house((town) => town.units.clear());
    world.rooms.clear();
    expect(await asked(world, "", "count lettable occupancy")).toEqual([
      { count: 0, lettable: 0, occupancy: null },
    ]);
  });

  test("an object with an unreadable contract is left out, and reported", async () => {
    const world = house((town, id) => {
      addTenantContract(town, { unit: id.A ?? null, client: 1 }, { id: 77 });
      addTenantContract(town, { unit: id.C ?? null, client: 1 }, { id: 78 });
    });
    const one = await stages({}, () => world)();
    const text = "{ rentalObjects { groups(by: [IS_VACANT]) { nodes { keys { isVacant } count } } } }";
    expect((await one.query(text)).errors).toBeUndefined();
    one.alma.faults.add(unreadable("tenant_contracts/77"));
    const answer = await one.query(text.replace("{", "query Q @freshness(maxAge: 0) {"));
    expect(faultsOf(answer)).toEqual([["rentalObjects", "ALMA_UNAVAILABLE"]]);
    expect(answer.data.rentalObjects.groups.nodes).toEqual([
      { keys: { isVacant: false }, count: 1 },
      { keys: { isVacant: true }, count: 2 },
      { keys: { isVacant: null }, count: 2 },
    ]);
  });
});

test.each([
  ["that fails", { path: /tenant_contracts\/77\/$/, as: { status: 500 } }],
  [
    "whose first day is invalid",
    {
      path: /tenant_contracts\/77\/$/,
      as: { change: (row: unknown) => ({ ...(row as object), start_date: "x" }) },
    },
  ],
] as const)(
  "over periods, objects for which a contract counts %s are left out, and reported",
  async (_title, fault) => {
    const world = town();
    world.tenant_contracts.clear();
    addTenantContract(
      world,
      { unit: 201, client: 100 },
      { id: 77, start_date: "2026-06-10", end_date: null },
    );
    addTenantContract(
      world,
      { unit: 301, client: 100 },
      { id: 78, start_date: null, end_date: "2026-06-02" },
    );
    const one = await stages({}, () => world)();
    const over = '(by: [BUILDING], over: { from: "2026-06-01", to: "2026-06-30" })';
    const text = `{ rentalObjects(filter: { isLettable: true }) { groups${over} {
    nodes { keys { building { almaId } } count lettableDays occupiedDays } } } }`;
    const nodeOf = (almaId: number, count: number, occupiedDays: number) => ({
      keys: { building: { almaId } },
      count,
      lettableDays: count * 30,
      occupiedDays,
    });
    expect((await one.query(text)).data.rentalObjects.groups.nodes).toEqual([
      nodeOf(1, 1, 0),
      nodeOf(2, 1, 21),
      nodeOf(3, 1, 2),
    ]);
    one.alma.faults.add(fault);
    const answer = await one.query(text.replace("{", "query Q @freshness(maxAge: 0) {"));
    expect(faultsOf(answer).map(([path]) => path)).toEqual(["rentalObjects"]);
    expect(answer.data.rentalObjects.groups.nodes).toEqual([nodeOf(1, 1, 0), nodeOf(3, 1, 2)]);
  },
);

describe("rents by month", () => {
  const rents = (price: string, from: string, to: string, period: string, over: string) => async () => {
    const world = town();
    world.tenant_contracts.clear();
    addTenantContract(world, {}, { price, start_date: from, end_date: to });
    const one = stages({ PRICE_PERIOD: period }, () => world);
    const { query } = await one();
    const answer = await query(
      `{ tenantContracts { groups(over: ${over}) { nodes { rent { sum } monthlyPrice { sum } } } } }`,
    );
    return answer.data.tenantContracts.groups.nodes.map((node: { rent: { sum: string } }) => node.rent.sum);
  };
  const year = '{ from: "2026-01-01", to: "2026-06-30" }';

  test("of a price by the month, the first and the last cut", async () => {
    const found = await rents("5000.00", "2026-01-15", "2026-06-14", "month", year)();
    expect(found).toEqual(["2741.94", "5000.00", "5000.00", "5000.00", "5000.00", "2333.33"]);
  });

  test("of a price by the year, so that they add up", async () => {
    const found = await rents(
      "100000.00",
      "2026-01-01",
      "2026-12-31",
      "year",
      '{ from: "2026-01-01", to: "2026-12-31" }',
    )();
    expect(found.slice(0, 3)).toEqual(["8333.33", "8333.34", "8333.33"]);
    expect(found.reduce((sum: number, rent: string) => sum + Math.round(Number(rent) * 100), 0)).toBe(
      10_000_000,
    );
  });

  test("of a price for the whole contract", async () => {
    const found = await rents(
      "1000.00",
      "2026-01-30",
      "2026-02-05",
      "contract",
      '{ from: "2026-01-01", to: "2026-02-28" }',
    )();
    expect(found).toEqual(["285.71", "714.29"]);
  });

  test("are null without PRICE_PERIOD, which is reported", async () => {
    const { query } = await begin("off");
    const answer = await query(
      "{ tenantContracts { groups { nodes { count monthlyPrice { count sum } rent { sum } } } } }",
    );
    expect(answer.data.tenantContracts.groups.nodes).toEqual([
      { count: 6, monthlyPrice: { count: 0, sum: "0.00" }, rent: null },
    ]);
    expect(answer.extensions.alma).toMatchObject({ missingSettings: ["PRICE_PERIOD"] });
    const over = 'over: { from: "2026-01-01", to: "2026-12-31", unit: YEAR }, orderBy: { field: RENT_SUM }';
    const ofYear = await query(`{ tenantContracts { groups(${over}) { nodes { rent { count sum } } } } }`);
    expect(ofYear.data.tenantContracts.groups.nodes).toEqual([{ rent: null }]);
    expect(ofYear.extensions.alma).toMatchObject({ missingSettings: ["PRICE_PERIOD"] });
  });
});

describe("invalid groups are refused before anything is read", () => {
  const cases: [args: string, selection: string, argument: string][] = [
    ["by: [{ field: BUILDING }]", "keys { client { id } }", "by"],
    ["", "keys { state }", "by"],
    ["by: [{ field: STATE }, { field: STATE }]", "count", "by.1"],
    ["by: [{ field: STATE, unit: MONTH }]", "count", "by.0.unit"],
    ["orderBy: { field: CLIENT }", "count", "orderBy.0.field"],
    ["orderBy: { field: PERIOD }", "count", "orderBy.0.field"],
    ["orderBy: { field: DAYS }", "count", "orderBy.0.field"],
    ["orderBy: { field: RENT_SUM }", "count", "orderBy.0.field"],
    ["orderBy: [{ field: COUNT }, { field: COUNT, direction: DESC }]", "count", "orderBy.1.field"],
    ['over: { from: "2026-02-01", to: "2026-01-01" }', "count", "over.to"],
    ['over: { from: "2020-01-01", to: "2026-01-01", unit: DAY }', "count", "over"],
    ['over: { from: "0001-01-01", to: "9999-12-31" }', "count", "over"],
    ["first: -1", "count", "first"],
    ["first: 10001", "count", "first"],
    ['after: "nonsense"', "count", "after"],
    ["", "price { avg(scale: 11) }", "scale"],
    ["", "price { avg(scale: -1) }", "scale"],
  ];
  test.each(cases)("%s, %s: %s", async (args, selection, argument) => {
    const { alma, query } = await begin("off");
    alma.asked();
    const list = args === "" ? "" : `(${args})`;
    const answer: Answer = await query(`{ tenantContracts { groups${list} { nodes { ${selection} } } } }`);
    expect(answer.data).toBeUndefined();
    expect(codes(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.extensions.argument).toBe(argument);
    expect(alma.paths()).toEqual([]);
  });

  test("a key selected by a fragment or variable must be one of the groups' keys", async () => {
    const { query } = await begin("off");
    const text = `query A($with: Boolean!) { tenantContracts { groups(by: [{ field: STATE }]) { nodes { ...G } } } }
      fragment G on TenantContractGroup { keys { state client @include(if: $with) { id } } }`;
    expect(codes(await query(text, { with: true }))).toEqual(["BAD_USER_INPUT"]);
    expect((await query(text, { with: false })).errors).toBeUndefined();
    expect(codes(await query(text, { with: true }))).toEqual(["BAD_USER_INPUT"]);
  });

  test("a cursor of other arguments", async () => {
    const { query } = await begin("off");
    const ask = (args: string) =>
      query(`{ tenantContracts { groups(${args}) { pageInfo { endCursor hasNextPage } } } }`);
    const first = await ask("by: [{ field: BUILDING }], first: 1");
    const { endCursor } = first.data.tenantContracts.groups.pageInfo;
    const next = await ask(`by: [{ field: BUILDING }], first: 1, after: "${endCursor}"`);
    expect(next.data.tenantContracts.groups.pageInfo.hasNextPage).toBe(true);
    const other = await ask(`by: [{ field: UNIT }], first: 1, after: "${endCursor}"`);
    expect(other.errors?.[0]?.extensions.argument).toBe("after");
  });
});

test("groups cut by the default of 1,000 are reported", async () => {
  const world = town();
  for (let id = 1000; id < 2100; id++) addTenantContract(world, {}, { id, type_contract: `type ${id}` });
  const one = stages({ CATALOG: "on" }, () => world);
  const { query, gateway } = await one();
  await until(() => gateway.catalog.progress().warm);
  const answer = await query(
    "{ tenantContracts { groups(by: [{ field: TYPE_CONTRACT }]) { totalCount nodes { count } } } }",
  );
  expect(answer.data.tenantContracts.groups.nodes).toHaveLength(1000);
  expect(answer.data.tenantContracts.groups.totalCount).toBe(1101);
  expect(answer.extensions.alma).toMatchObject({ cutByDefault: ["tenantContracts.groups"] });
});
