import { describe, expect, test } from "vitest";
import { advance } from "../../support/clock.ts";
import { portfolio } from "../alma/portfolio.ts";
import type { UnitRow } from "../alma/world.ts";
import { codes, type Stage, stages } from "../gateway.ts";

const size = { buildings: 5, units: 60, rooms: 80, clients: 30, tenantContracts: 90, ownerContracts: 20 };
const start = stages({ CATALOG: "on" }, () => portfolio(size));
const units = ({ alma }: Stage) => [...alma.world.units.values()] as UnitRow[];

describe("extensions.alma", () => {
  test("calls is the number of requests that Alma got, and oldest the time of the oldest read", async () => {
    const one = await start({ CATALOG: "off" });
    const [unit] = units(one) as [UnitRow];
    const began = Date.now();
    const query = `{ unit(ref: { almaId: ${unit.id} }) { number building { address } } rooms(first: 3) { asOf nodes { name } } }`;
    const cold = await one.query(query);
    const asked = one.alma.paths().length;
    expect(cold.extensions.alma).toMatchObject({ calls: asked, reused: 0 });
    const oldest = Date.parse(cold.extensions.alma.oldest ?? "");
    expect(oldest).toBeGreaterThanOrEqual(began - 1);
    const warm = await one.query(query);
    expect(warm.extensions.alma).toMatchObject({ calls: 0, reused: 5 });
    expect(warm.extensions.alma.oldest).toBe(cold.extensions.alma.oldest);
    expect(warm.data.rooms.asOf).toBe(cold.data.rooms.asOf);
    expect(Date.parse(warm.data.rooms.asOf)).toBeGreaterThanOrEqual(oldest);
    const failed = await one.query(`{ client(ref: { externalId: "nobody" }) { email } }`);
    expect(failed.extensions.alma.calls).toBe(one.alma.paths().length);
    expect(failed.extensions.alma.oldest).not.toBeNull();
  });

  test("simultaneous queries share their calls, and each call is counted once", async () => {
    const one = await start({ CATALOG: "off" });
    one.alma.latency = 30;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => one.query(`{ units(first: 5) { nodes { name number } } }`)),
    );
    expect(one.alma.paths()).toHaveLength(1 + 5);
    expect(answers.reduce((sum, { extensions }) => sum + extensions.alma.calls, 0)).toBe(6);
  });
});

describe("MAX_CALLS", () => {
  test("an operation that needs more calls ends before it makes them", async () => {
    const one = await start({ CATALOG: "off", MAX_CALLS: "50" });
    const answer = await one.query(`{ units(first: 60) { nodes { number } } buildings { totalCount } }`);
    expect(answer.data).toBeNull();
    expect(answer.errors).toHaveLength(1);
    expect(codes(answer)).toEqual(["CALL_BUDGET_EXCEEDED"]);
    expect(answer.errors?.[0]?.message).toMatch(/needs at least 62 calls/);
    expect(one.alma.paths().length).toBeLessThanOrEqual(2);
    const fits = await one.query(`{ units(first: 48) { nodes { number } } }`);
    expect(fits.errors).toBeUndefined();
  });

  test("the error names a maxAge that fits", async () => {
    const one = await start({ MAX_CALLS: "20" });
    await one.warm();
    advance(1_100);
    const query = (age: number) =>
      `query A @freshness(maxAge: ${age}) { units(first: 60) { nodes { number } } }`;
    const answer = await one.query(query(1));
    expect(codes(answer)).toEqual(["CALL_BUDGET_EXCEEDED"]);
    const advised = Number(/maxAge: (\d+)/.exec(answer.errors?.[0]?.message ?? "")?.[1]);
    expect((await one.query(query(advised))).errors).toBeUndefined();
  });

  test("shared reads of other operations are not counted", async () => {
    const one = await start({ CATALOG: "off", MAX_CALLS: "1" });
    one.alma.latency = 50;
    const [unit] = units(one) as [UnitRow];
    for (const field of ["unit", "rentalObject"]) {
      const twice = `{ a: ${field}(ref: { externalId: "${unit.external_id}" }) { id } b: ${field}(ref: { externalId: "${unit.external_id}" }) { id } }`;
      const answer = await one.query(twice);
      expect(answer.errors).toBeUndefined();
      expect(answer.data.a).toEqual({ id: `Unit:${unit.id}` });
    }
  });

  test("reads of the warm-up are not counted", async () => {
    const one = await start({ MAX_CALLS: "3", WARM_UP_CONCURRENCY: "4" });
    one.alma.latency = 5;
    const answer = await one.query(`{ rooms(filter: { status: { eq: "available" } }) { totalCount } }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data.rooms.totalCount).toBe(size.rooms);
  });
});
