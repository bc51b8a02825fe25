import { describe, expect, test } from "vitest";
import { advance, until } from "../../support/clock.ts";
import { portfolio } from "../alma/portfolio.ts";
import type { World } from "../alma/world.ts";
import { codes, paths, stages } from "../gateway.ts";

const size = { buildings: 5, units: 40, rooms: 60, clients: 30, tenantContracts: 80, ownerContracts: 20 };
const start = stages({ ALMA_TIMEOUT: "2", DEADLINE: "15" }, () => portfolio(size));
const firstUnit = (world: World) => [...world.units.values()][0] as { id: number; building: number };

describe("Alma is down", () => {
  const unit = (id: number, freshness = "") =>
    `query A ${freshness} { unit(ref: { almaId: ${id} }) { number } }`;

  test("fresh data is served, the rest fails, and everything is read once Alma is back", async () => {
    const { alma, query } = await start();
    const { id } = firstUnit(alma.world);
    await query(unit(id));
    await alma.down();
    expect(await query(unit(id))).toMatchObject({ data: { unit: { number: String(id) } } });
    const fails = await query(
      `{ known: unit(ref: { almaId: ${id} }) { number } other: unit(ref: { almaId: ${id + 1} }) { number } units { totalCount } }`,
    );
    expect(fails.data).toEqual({ known: { number: String(id) }, other: null, units: null });
    expect(codes(fails)).toEqual(["ALMA_UNAVAILABLE"]);
    expect(paths(fails).sort()).toEqual(["other", "units"]);
    await alma.up();
    await until(async () => (await query(unit(id + 1))).errors === undefined);
  });

  test("stale data is served with SERVE_STALE, by every kind of ref, with its age", async () => {
    const { alma, query } = await start({ MAX_AGE: "0.001", CATALOG_MAX_AGE: "1" });
    const [room] = alma.world.rooms.values();
    const refs = [
      `a: room(ref: { almaId: ${room?.id} }) { number }`,
      `b: room(ref: { externalId: "${room?.external_id}" }) { number }`,
      `c: rentalObject(ref: { externalId: "${room?.external_id}" }) { number }`,
      `d: node(id: "Room:${room?.id}") { ... on Room { number } }`,
      `e: rooms(first: 100, filter: { almaId: { eq: ${room?.id} } }) { nodes { number } }`,
      `f: unit(ref: { almaId: ${room?.parent_unit} }) { rooms(filter: { almaId: { eq: ${room?.id} } }) { nodes { number } } }`,
    ];
    const text = (freshness: string) => `query A ${freshness} { ${refs.join(" ")} }`;
    const before = await query(text(""));
    expect(before.errors).toBeUndefined();
    await alma.down();
    advance(1100);
    const fails = await query(text(""));
    expect(fails.data).toEqual({ a: null, b: null, c: null, d: null, e: null, f: null });
    expect(codes(fails)).toEqual(["ALMA_UNAVAILABLE"]);
    const stale = await query(text("@freshness(ifUnreachable: SERVE_STALE)"));
    expect(stale.errors).toBeUndefined();
    expect(stale.data).toEqual(before.data);
    expect(Date.parse(stale.extensions.alma.oldest ?? "")).toBeLessThan(Date.now() - 1000);
  });

  test("with the catalog, connections are answered up to their maximum age, and then null with an error", async () => {
    const { alma, query, warm } = await start({ CATALOG: "on", CATALOG_MAX_AGE: "3", REFRESH_RATE: "50" });
    await warm();
    await alma.down();
    const within = await query(`{ units(first: 1) { nodes { number } } }`);
    expect(within.errors).toBeUndefined();
    const beyond = `{ units(filter: { status: { eq: "available" } }) { totalCount } }`;
    await until(async () => (await query(beyond)).data.units === null);
    expect(codes(await query(beyond))).toEqual(["ALMA_UNAVAILABLE"]);
    const stale = await query(`query A @freshness(ifUnreachable: SERVE_STALE) ${beyond}`);
    expect(stale.data.units.totalCount).toBeGreaterThan(0);
  });
});

describe("the deadline passes", () => {
  test("data read by then is returned, and the rest fails", async () => {
    const { alma, query } = await start({ DEADLINE: "1", ALMA_TIMEOUT: "30" });
    const { id } = firstUnit(alma.world);
    alma.faults.add({ path: new RegExp(`^realty/units/${id}/$`), as: "stall" });
    const answer = await query(`{ units(first: 100) { nodes { almaId number } } }`);
    expect(codes(answer)).toEqual(["DEADLINE_EXCEEDED"]);
    expect(answer.errors).toHaveLength(1);
    const numbers = answer.data.units.nodes.filter(
      ({ number }: { number: string | null }) => number !== null,
    );
    expect(numbers).toHaveLength(size.units - 1);
  });
});
