import { expect, onTestFinished, test } from "vitest";
import { advance } from "../../support/clock.ts";
import { startGateway } from "../../support/gateway.ts";

/** A gateway over one unit with a room, whose contracts follow each other. */
async function start(env: Record<string, string> = {}) {
  const lease = { unit_id: 11, client_id: 251 };
  const gateway = await startGateway(
    {
      size: 0,
      data: {
        projects: [{ id: 207, name: "Dubai" }],
        buildings: [{ id: 101, name: "Tower", project: 207 }],
        units: [{ id: 1, building: 101, external_id: "u-1", name: "One" }],
        rooms: [{ id: 11, parent_unit: 1, external_id: "r-11", name: "A" }],
        clients: [{ id: 251, external_id: "c-251", first_name: "N", status: "active" }],
        tenantContracts: [
          { id: 901, ...lease, start_date: "2020-01-01", end_date: null },
          { id: 902, ...lease, start_date: "2021-01-01", end_date: null },
        ],
      },
    },
    env,
  );
  onTestFinished(() => gateway.close());
  return gateway;
}

test("a unit that Alma finds by a Bitrix id is shown, although a read by its id found nothing before", async () => {
  const { query, simulator } = await start();
  expect((await query("{ unit(ref: { almaId: 2 }) { name } }")).data).toEqual({ unit: null });
  simulator.data.units.insert({ id: 2, building: 101, external_id: "late", name: "Two" });
  const { data, errors } = await query('{ rentalObject(ref: { externalId: "late" }) { id name } }');
  expect(errors).toBeUndefined();
  expect(data).toEqual({ rentalObject: { id: "Unit:2", name: "Two" } });
});

test("if the current contract turns out to be gone, the next one is the current one", async () => {
  const { query, simulator } = await start({ MAX_AGE: "0.3" });
  const current = "{ room(ref: { almaId: 11 }) { currentTenantContract { id startDate } } }";
  expect((await query(current)).data.room.currentTenantContract).toMatchObject({ id: "TenantContract:902" });
  simulator.data.tenantContracts.remove(902);
  advance(400);
  const { data, errors } = await query(current);
  expect(errors).toBeUndefined();
  expect(data.room.currentTenantContract).toMatchObject({ id: "TenantContract:901" });
});
