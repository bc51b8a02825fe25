import { expect, test } from "vitest";
import { advance } from "../../support/clock.ts";
import type { Answer } from "../../support/gateway.ts";
import { addBuilding, addUnit } from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { stages } from "../gateway.ts";

const COUNT = 27;

function town(): World {
  const world = new World();
  addBuilding(world, { id: 1 });
  for (let id = 1; id <= COUNT; id++) addUnit(world, { id, building: 1, status: "vacant" });
  return world;
}

const start = stages({ ALMA_CONCURRENCY: "1" }, town);

const groups = (by: string) => `groups(by: ${by}) { nodes { count } }`;
const selection = `totalCount nodes { almaId status } edges { node { almaId } } pageInfo { hasNextPage }
  statuses: ${groups("STATUS")} ${groups("BUILDING")}`;
const lists = [
  `units { ${selection} }`,
  `units(filter: { status: { eq: "vacant" } }) { ${selection} }`,
  `building(ref: { almaId: 1 }) { units { ${selection} } }`,
  `rentalObjects { ${selection.replaceAll("almaId", "id")} }`,
];

/** The number of records in each part of the connection. */
function sizesOf({ data, errors }: Answer) {
  expect(errors).toBeUndefined();
  const list = data.units ?? data.rentalObjects ?? data.building.units;
  const sum = ({ nodes }: { nodes: { count: number }[] }) => nodes.reduce((all, { count }) => all + count, 0);
  return {
    total: list.totalCount,
    nodes: list.nodes.length,
    edges: list.edges.length,
    statuses: sum(list.statuses),
    groups: sum(list.groups),
  };
}

const equal = (size: number) => ({ total: size, nodes: size, edges: size, statuses: size, groups: size });

test.each(lists.flatMap((list) => [["off", list] as const, ["on", list] as const]))(
  "total, page and groups show the same records, although one is removed while they are read (catalog %s): %s",
  async (catalog, list) => {
    const { alma, query, warm } = await start({ CATALOG: catalog });
    if (catalog === "on") {
      await warm();
      expect(sizesOf(await query(`{ ${list} }`))).toEqual(equal(COUNT));
      advance(10_000);
    }
    alma.faults.add({
      path: /units\/[0-9]+\/$/,
      as: {
        change: (json) => {
          const { id } = json as { readonly id: number };
          if (alma.world.units.size === COUNT) alma.world.units.delete(id === 5 ? 6 : 5);
          return json;
        },
      },
    });
    const answer = await query(`query Q @freshness(maxAge: 5) { ${list} }`);
    expect(alma.world.units.size).toBe(COUNT - 1);
    expect(sizesOf(answer)).toEqual(equal(COUNT - 1));
  },
);

test("of: ROWS reads the rows of the page again, and leaves total and groups at the catalog's moment", async () => {
  const { alma, query, warm } = await start({ CATALOG: "on" });
  await warm();
  const unit = alma.world.units.get(5);
  alma.world.units.set(5, { ...(unit as NonNullable<typeof unit>), status: "rented" });
  advance(1_000);
  const answer = await query(`query Q @freshness(maxAge: 0, of: ROWS) { ${lists[1]} }`);
  expect(sizesOf(answer)).toEqual({ ...equal(COUNT), nodes: COUNT - 1, edges: COUNT - 1 });
});
