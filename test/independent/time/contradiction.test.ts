import { describe, expect, test } from "vitest";
import { advance } from "../../support/clock.ts";
import { addBuilding, addClient, addRoom, addTenantContract, addUnit } from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { type Stage, stages } from "../gateway.ts";

/** Seconds. */
const MAX_AGE = 5;
const CATALOG_MAX_AGE = 100;

/** A unit let as a whole, one with a room, and a contract on another one. */
function town(): World {
  const world = new World();
  addBuilding(world, { id: 1 });
  addClient(world, { id: 1 });
  for (const id of [10, 20, 30])
    addUnit(world, { id, building: 1, status: "available", is_used_additional_external_id: id === 10 });
  addRoom(world, { id: 21, parent_unit: 20, building: 1, status: "available" });
  addTenantContract(world, { unit: 30, client: 1 }, { id: 900, ...days });
  return world;
}

const days = { start_date: "2020-01-01", end_date: "2098-01-01" };
const start = stages(
  { MAX_AGE: `${MAX_AGE}`, CATALOG_MAX_AGE: `${CATALOG_MAX_AGE}`, REFRESH_RATE: "1" },
  town,
);

const passMaxAge = () => advance((MAX_AGE + 1) * 1_000);
const callsOf = async ({ query }: Stage, text: string) => {
  const { data, errors, extensions } = await query(text);
  expect(errors).toBeUndefined();
  return { data, calls: extensions.alma.calls };
};
const rent = ({ alma: { world } }: Stage, table: "units" | "rooms", id: number) => {
  const row = world[table].get(id) as NonNullable<ReturnType<typeof world.units.get>>;
  world[table].set(id, { ...row, status: "rented" } as never);
};

const fields = [
  ["currentTenantContract { almaId }", { currentTenantContract: { almaId: 901 } }],
  ["isVacant vacantSince", { isVacant: false, vacantSince: null }],
  ["tenantContracts { nodes { almaId } }", { tenantContracts: { nodes: [{ almaId: 901 }] } }],
] as const;

describe.each(["on", "off"])("a named record's own status (catalog %s)", (catalog) => {
  const begin = async (query: string) => {
    const one = await start({ CATALOG: catalog });
    if (catalog === "on") await one.warm();
    await one.query(query);
    passMaxAge();
    return one;
  };

  test.each([
    ...fields.map((field) => ["unit", 10, ...field] as const),
    ...fields.map((field) => ["room", 21, ...field] as const),
    [
      "unit",
      20,
      "tenantContracts(includeRooms: true) { nodes { almaId } }",
      { tenantContracts: { nodes: [{ almaId: 901 }] } },
    ] as const,
  ])("leads to a contract created elsewhere: %s %i, %s", async (type, id, field, expected) => {
    const query = `{ ${type}(ref: { almaId: ${id} }) { status goalRentCost ${field} } }`;
    const one = await begin(query);
    // A room's vacancy depends on its unit, too.
    const named = type === "room" && field.startsWith("isVacant") ? 2 : 1;
    expect((await callsOf(one, query)).calls).toBe(named);
    passMaxAge();
    addTenantContract(one.alma.world, { unit: id === 20 ? 21 : id, client: 1 }, { id: 901, ...days });
    rent(one, type === "unit" ? "units" : "rooms", id);
    const found = await callsOf(one, query);
    expect(found.data[type]).toMatchObject({ status: "rented", ...expected });
    // The list of contracts, and the only newly listed contract.
    expect(found.calls).toBe(named + 2);
    expect((await callsOf(one, query)).calls).toBe(0);
  });

  test.each(fields)("is a doubt of @explain if it may lead to more calls: %s", async (field) => {
    const query = `query Q { unit(ref: { almaId: 10 }) { status goalRentCost ${field} } }`;
    const one = await begin(query);
    rent(one, "units", 10);
    const { extensions } = await one.query(query.replace("Q", "Q @explain"));
    const { calls } = await callsOf(one, query);
    expect(calls).toBe(2);
    expect(extensions.explain.doubts.join()).toContain("may contradict what is known of others");
  });

  test("leads to one more call per CATALOG_MAX_AGE if no contract explains it", async () => {
    const query =
      "{ unit(ref: { almaId: 10 }) { status goalRentCost currentTenantContract { almaId } isVacant } }";
    const one = await begin(query);
    rent(one, "units", 10);
    expect((await callsOf(one, query)).calls).toBe(2);
    expect((await callsOf(one, query)).calls).toBe(0);
    passMaxAge();
    expect((await callsOf(one, query)).calls).toBe(1);
    expect((await callsOf(one, query)).calls).toBe(0);
  });

  test("is answered from known data if that list cannot be read, after one attempt", async () => {
    const query = "{ unit(ref: { almaId: 10 }) { status goalRentCost currentTenantContract { almaId } } }";
    const one = await begin(query);
    rent(one, "units", 10);
    one.alma.faults.add({ path: /tenant_contracts\/$/, as: { status: 500 } });
    const { data, calls } = await callsOf(one, query);
    expect([data.unit, calls]).toEqual([
      { status: "rented", goalRentCost: "1200.50", currentTenantContract: null },
      2,
    ]);
    expect((await callsOf(one, query)).calls).toBe(0);
  });

  test("leads to no call if the query bounds the age, or a list leads to it", async () => {
    const one = await begin(
      "{ unit(ref: { almaId: 10 }) { goalRentCost currentTenantContract { almaId } } }",
    );
    rent(one, "units", 10);
    const query = "{ unit(ref: { almaId: 10 }) { status goalRentCost currentTenantContract { almaId } } }";
    await one.query("{ unit(ref: { almaId: 10 }) { goalRentCost } }");
    expect((await callsOf(one, query.replace("{", "query Q @freshness(maxAge: 50) {"))).calls).toBe(0);
    const listed = "{ units { nodes { status goalRentCost currentTenantContract { almaId } } } }";
    await one.query(listed);
    expect((await callsOf(one, listed)).calls).toBe(0);
  });
});
