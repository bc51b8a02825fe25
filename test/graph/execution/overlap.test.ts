import { expect, onTestFinished, test } from "vitest";
import { type Answer, startGateway } from "../../support/gateway.ts";

const data = {
  projects: [{ id: 207, name: "Dubai" }],
  buildings: [{ id: 5, name: "B", project: 207 }],
  units: [{ id: 1, external_id: "a1", name: "old", address: "old", building: 5 }],
  rooms: [{ id: 11, external_id: "b11", name: "1", parent_unit: 1 }],
};

test.each([
  ["in a list", "{ units { nodes { name address } } }", ({ data }: Answer) => data.units.nodes[0]],
  [
    "that another one refers to",
    "{ rooms { nodes { unit { name address } } } }",
    ({ data }: Answer) => data.rooms.nodes[0].unit,
  ],
])("a record %s that changes while it is read is shown in one version", async (_where, text, unitIn) => {
  const { query, simulator, close } = await startGateway({ size: 0, data }, { CATALOG: "off" });
  onTestFinished(close);
  await query("{ units { nodes { name } } }");
  // The name is known; the first attempt to read the address fails, and the second finds a different state.
  const failing = simulator.faults.add({
    kind: "status",
    status: 503,
    when: ({ path }) => path.endsWith("/units/1/"),
    times: 1,
  });
  const answer = query(text);
  while (failing.hits === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  simulator.data.units.change(1, { name: "new", address: "new" });
  const overlapped = await answer;
  expect(overlapped.errors).toBeUndefined();
  expect(unitIn(overlapped)).toEqual({ name: "new", address: "new" });
});

test("a record whose detail cannot be read keeps the fields that are known without it", async () => {
  const { query, simulator, close } = await startGateway({ size: 0, data }, { CATALOG: "off" });
  onTestFinished(close);
  simulator.faults.add({ kind: "status", status: 400, when: ({ path }) => path.endsWith("/units/1/") });
  const { data: shown, errors } = await query("{ units { nodes { name address } } }");
  expect(shown.units.nodes).toEqual([{ name: "old", address: null }]);
  expect(errors).toMatchObject([{ path: ["units", "nodes", 0, "address"] }]);
});
