import { describe, expect, test } from "vitest";
import { portfolio } from "../../independent/alma/portfolio.ts";
import { faultsOf, stages } from "../../independent/gateway.ts";

const size = {
  buildings: 5,
  units: 270,
  rooms: 300,
  clients: 30,
  tenantContracts: 300,
  ownerContracts: 5,
};
const start = stages({ CATALOG: "on", MAX_CALLS: "100" }, () => portfolio(size));

/** Each needs more rooms than it may read: its own, its records' rooms, and the rooms that its records refer to. */
const questions = {
  rooms: "{ rooms(first: 300) { totalCount nodes { number building { name } } } }",
  units: "{ units(first: 270) { totalCount edges { node { name rooms { totalCount } } } } }",
  tenantContracts: "{ tenantContracts(first: 300) { nodes { rentalObject { building { name } } } } }",
};

describe("a page that needs more details than it may read, during the warm-up", () => {
  test("waits for these as a whole", async () => {
    const one = await start({ DEADLINE: "2" }, {}, [{ path: /rooms\/\d+\/$/, as: "stall" }]);
    for (const [field, answer] of await Promise.all(
      Object.entries(questions).map(async ([field, query]) => [field, await one.query(query)] as const),
    ))
      expect(faultsOf(answer), field).toEqual([[field, "CATALOG_WARMING"]]);
  });

  test("is answered when they are read, each once", async () => {
    const one = await start();
    one.alma.latency = 5;
    const [rooms, units, contracts] = await Promise.all(
      Object.values(questions).map((query) => one.query(query)),
    );
    expect([rooms?.errors, units?.errors, contracts?.errors]).toEqual([undefined, undefined, undefined]);
    const { world } = one.alma;
    const numbers = [...world.rooms.values()].map(({ number }) => number).reverse();
    expect(rooms?.data.rooms.nodes.map(({ number }: { number: string }) => number)).toEqual(numbers);
    const counts = units?.data.units.edges.map(
      ({ node }: { node: { rooms: { totalCount: number } } }) => node.rooms.totalCount,
    );
    expect(counts.reduce((sum: number, count: number) => sum + count)).toBe(size.rooms);
    for (const { rentalObject } of contracts?.data.tenantContracts.nodes ?? [])
      expect(rentalObject.building.name).toEqual(expect.any(String));
    await one.warm();
    const details = one.alma.paths().filter((path) => /\d\/$/.test(path));
    expect(new Set(details).size).toBe(details.length);
  });
});
