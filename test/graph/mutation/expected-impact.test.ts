import { expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { start } from "../start.ts";

const lease = (id: number, unit_id: number) => ({
  id,
  unit_id,
  client_id: 251,
  external_id: `t-${id}`,
  start_date: day(-10),
  end_date: day(40),
});
const data = { ...household, tenantContracts: [lease(901, 11)] };

test.each([
  ["archiveUnit", 1, "contracts", '["TenantContract:901"]'],
  ["archiveRoom", 11, "contracts", '["TenantContract:901"]'],
  ["archiveUnit", 1, "rooms", '["Room:11", "Room:12"]'],
  ["blockUnit", 2, "rooms", "[]"],
  ["unblockUnit", 2, "rooms", "[]"],
])("%s changes no more of %s's %s than was seen", async (verb, id, field, seen) => {
  const { mutate, simulator, sent } = await start({ data });
  const asked = (ids: string, more = "") =>
    mutate(
      `${verb}(ref: { almaId: ${id} }, expectedImpact: { ${field}: ${ids} }${more})`,
      `impact { ${field} { id } }`,
    );
  const before = await asked(seen, ", dryRun: true");
  expect([before.userErrors, before.impact]).toEqual([[], { [field]: expect.anything() }]);
  const added =
    field === "contracts"
      ? `TenantContract:${simulator.data.tenantContracts.insert(lease(950, 11)).id}`
      : `Room:${simulator.data.rooms.insert({ name: "new", parent_unit: id, external_id: "r-new" }).id}`;
  const conflict = {
    code: "CONFLICT",
    field: ["expectedImpact", field],
    message: expect.stringContaining(added),
  };
  for (const more of [", dryRun: true", ""]) {
    const { userErrors, impact } = await asked(seen, more);
    expect([userErrors, impact]).toEqual([[conflict], { [field]: expect.anything() }]);
  }
  expect(sent()).toEqual([]);
  // A record that was seen and has disappeared is not a conflict.
  expect((await asked(`${seen.slice(0, -1)} "${added}", "Room:7"]`)).userErrors).toEqual([]);
  expect(sent()).toHaveLength(1);
});

test("an incompletely read impact exceeds the expected one", async () => {
  const { mutate, simulator, sent } = await start({
    data: { ...data, tenantContracts: [lease(901, 11), lease(902, 11)] },
  });
  simulator.faults.add({ kind: "status", status: 400, when: ({ path }) => path.endsWith("/902/") });
  const { userErrors } = await mutate(
    'archiveUnit(ref: { almaId: 1 }, expectedImpact: { contracts: ["TenantContract:901"] })',
    "__typename",
  );
  expect(userErrors).toMatchObject([
    { code: "CONFLICT", message: expect.stringContaining("could not be read") },
  ]);
  expect(sent()).toEqual([]);
});
