import { describe, expect, test } from "vitest";
import { portfolio } from "./alma/portfolio.ts";
import type { UnitRow } from "./alma/world.ts";
import { type Stage, stages } from "./gateway.ts";

const size = { buildings: 5, units: 60, rooms: 80, clients: 30, tenantContracts: 90, ownerContracts: 20 };
const start = stages({ CATALOG: "on" }, () => portfolio(size));
const units = ({ alma }: Stage) => [...alma.world.units.values()] as UnitRow[];

describe("@freshness", () => {
  test("tighter: the records of a page are read again, and no others", async () => {
    const one = await start();
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    unit.number = "changed";
    const query = (freshness: string) =>
      `query A ${freshness} { units(filter: { almaId: { eq: ${unit.id} } }) { nodes { number } } }`;
    expect((await one.counted(query(""))).data.units.nodes).toEqual([{ number: String(unit.id) }]);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const tight = await one.counted(query("@freshness(maxAge: 1)"));
    expect(tight.data.units.nodes).toEqual([{ number: "changed" }]);
    expect(tight.calls).toBe(1);
    expect((await one.counted(query("@freshness(maxAge: 60)"))).calls).toBe(0);
  });

  test("a record that no longer belongs is dropped from the page", async () => {
    const one = await start();
    await one.warm();
    const rented = units(one).filter(({ status }) => status === "rented");
    const [left] = rented as [UnitRow];
    left.status = "blocked";
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const { data, calls } = await one.counted(
      `query A @freshness(maxAge: 1) { units(first: 100, filter: { status: { eq: "rented" } }) { nodes { almaId } } }`,
    );
    expect(calls).toBe(rented.length);
    expect(data.units.nodes).toHaveLength(rented.length - 1);
    expect(data.units.nodes).not.toContainEqual({ almaId: left.id });
  });

  test("looser: what a named record may be is what was said", async () => {
    const one = await start({ MAX_AGE: "0.001" });
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    const query = (freshness: string) =>
      `query A ${freshness} { unit(ref: { almaId: ${unit.id} }) { number building { address } } }`;
    expect((await one.counted(query("@freshness(maxAge: 60)"))).calls).toBe(0);
    expect((await one.counted(query(""))).calls).toBe(2);
  });

  test("the age may be a variable, and its default counts", async () => {
    const one = await start();
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    const query = `query A($age: Int = 0) @freshness(maxAge: $age) { unit(ref: { almaId: ${unit.id} }) { number } }`;
    unit.number = "changed";
    expect((await one.counted(query)).data).toEqual({ unit: { number: "changed" } });
    unit.number = "changed again";
    expect((await one.counted(query, { age: 60 })).data).toEqual({ unit: { number: "changed" } });
    expect((await one.counted(query, { age: 0 })).data).toEqual({ unit: { number: "changed again" } });
  });

  test("maxAge 0 reads everything that the answer rests on once, indexes included", async () => {
    const one = await start();
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    const before = Date.now();
    const query = `query A @freshness(maxAge: 0) { unit(ref: { almaId: ${unit.id} }) { number rooms { asOf nodes { name number } } } }`;
    const answer = await one.counted(query);
    expect(answer.calls).toBe(1 + 1 + size.rooms);
    expect(Date.parse(answer.data.unit.rooms.asOf)).toBeGreaterThanOrEqual(before - 1);
    const all = await one.counted(`query A @freshness(maxAge: 0) { units(first: 100) { nodes { name } } }`);
    expect(all.calls).toBe(1);
  });

  test.each(["on", "off"])("what is known to be gone does not come back (catalog %s)", async (catalog) => {
    const one = await start({ CATALOG: catalog });
    await one.warm();
    const [{ id, external_id, building }] = units(one) as [UnitRow];
    const ways = `{ byId: unit(ref: { almaId: ${id} }) { number } byBitrixId: unit(ref: { externalId: "${external_id}" }) { number }
      node(id: "Unit:${id}") { id } building(ref: { almaId: ${building} }) { units(filter: { almaId: { eq: ${id} } }) { totalCount } } }`;
    const there = { number: String(id) };
    expect((await one.query(ways)).data).toEqual({
      byId: there,
      byBitrixId: there,
      node: { id: `Unit:${id}` },
      building: { units: { totalCount: 1 } },
    });
    one.alma.world.units.delete(id);
    const now = await one.query(`query A @freshness(maxAge: 0) { unit(ref: { almaId: ${id} }) { number } }`);
    expect(now.data).toEqual({ unit: null });
    const { data, calls } = await one.counted(ways);
    expect(data).toEqual({
      byId: null,
      byBitrixId: null,
      node: null,
      building: { units: { totalCount: 0 } },
    });
    expect(calls).toBe(0);
  });
});
