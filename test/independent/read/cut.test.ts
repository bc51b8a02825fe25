import { expect, test } from "vitest";
import type { Answer } from "../../support/gateway.ts";
import { addBuilding, addRoom, addUnit } from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { stages } from "../gateway.ts";

/** Two buildings, the first with 60 apartments, and 51 rooms in the first apartment of each. */
function town(): World {
  const world = new World();
  for (const building of [1, 2]) {
    addBuilding(world, { id: building });
    for (let n = 0; n < (building === 1 ? 60 : 1); n++) addUnit(world, { id: building * 1000 + n, building });
    for (let n = 0; n < 51; n++)
      addRoom(world, { id: building * 1000 + 100 + n, parent_unit: building * 1000, building });
  }
  return world;
}

const start = stages({}, town);
const cutByDefault = ({ extensions }: Answer) =>
  (extensions.alma as { readonly cutByDefault?: readonly string[] }).cutByDefault;

test.each([
  ["{ units { nodes { id } } }", ["units"]],
  ["{ a: units { edges { node { id } } } units(first: 61) { nodes { id } } }", ["a"]],
  ["{ units(filter: { building: { almaId: 2 } }) { nodes { id } } }", undefined],
  ["{ units(first: 50) { nodes { id } } }", undefined],
  ["{ units(last: 50) { nodes { id } } }", undefined],
  ["{ units { totalCount asOf pageInfo { hasNextPage } } }", undefined],
  ["{ buildings { nodes { units { nodes { id } } rooms { totalCount } } } }", ["buildings.nodes.units"]],
  [
    "{ unit(ref: { almaId: 2000 }) { rooms { ...R } } } fragment R on RoomConnection { nodes { id } }",
    ["unit.rooms"],
  ],
  ["query A($n: Int) { units(first: $n) { nodes { id } } }", ["units"]],
])("%s: extensions list what the default has cut: %j", async (query, expected) => {
  const stage = await start();
  expect(cutByDefault(await stage.query(query, {}))).toEqual(expected);
});
