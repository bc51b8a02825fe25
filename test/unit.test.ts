import { afterAll, beforeAll, expect, it } from "vitest";
import { startGateway, type TestGateway } from "./support/gateway.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    size: { buildings: 3, units: 20, rooms: 30, clients: 10, ownerContracts: 5, tenantContracts: 20 },
  });
});
afterAll(() => gateway.close());

it("answers a unit and its building's name from one call", async () => {
  const [unit] = gateway.simulator.data.units.all();
  const { data, errors } = await gateway.query(
    `query ($ref: Ref!) { unit(ref: $ref) { id name building { name } } }`,
    {
      ref: { externalId: unit?.external_id },
    },
  );
  expect(errors).toBeUndefined();
  const building = gateway.simulator.data.buildings.get(unit?.building);
  expect(data.unit).toEqual({ id: `Unit:${unit?.id}`, name: unit?.name, building: { name: building?.name } });
  expect(gateway.asked()).toEqual([`GET realty/units/external_id/${unit?.external_id}/`]);
});
