import { afterAll, beforeAll, expect, test } from "vitest";
import { day } from "./support/day.ts";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import { portfolio } from "./support/portfolio.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ data: portfolio });
});
afterAll(() => gateway.close());

const ask = async (query: string) => {
  gateway.asked();
  const { data, errors } = await gateway.query(query);
  expect(errors).toBeUndefined();
  return { data, asked: gateway.asked() };
};

test("a tenant contract has every field that Alma shows", async () => {
  const { data, asked } = await ask(`{ tenantContract(ref: { almaId: 969 }) {
    id almaId externalId name number startDate endDate isArchived
    unitUsage { usageId clientId unitId clientType isArchived } state
    price contractScan coTenant coTenantIdScan coTenantId history typeContract
  } }`);
  expect(data.tenantContract).toEqual({
    id: "TenantContract:969",
    almaId: 969,
    externalId: "02_o2",
    name: "Stay of Anna",
    number: "TC-1",
    startDate: day(-60),
    endDate: day(120),
    isArchived: false,
    unitUsage: { usageId: 1942, clientId: 851, unitId: 9211, clientType: "tenant", isArchived: false },
    state: "ACTIVE",
    price: "4500.10",
    contractScan: expect.stringMatching(/contract\.pdf$/),
    coTenant: "Ivan",
    coTenantIdScan: expect.stringMatching(/id\.jpg$/),
    coTenantId: "784-2",
    history: "Moved from Bed 2",
    typeContract: "Airbnb",
  });
  expect(asked).toEqual(["GET realty/contracts/tenant_contracts/969/"]);
});

test("the rental object of a tenant contract is a room or a unit", async () => {
  const { data } = await ask(`{ tenantContract(ref: { externalId: "02_o2" }) {
    client { firstName } rentalObject { __typename name building { name } ... on Room { unit { name } } }
  } }`);
  expect(data.tenantContract).toEqual({
    client: { firstName: "Анна" },
    rentalObject: {
      __typename: "Room",
      name: "Bed 1",
      building: { name: "Marina Heights" },
      unit: { name: "2105" },
    },
  });
});

test("tenant contracts are filtered by day, state, price and place", async () => {
  const { data } = await ask(`{
    today: tenantContracts(filter: { activeOn: "${day(0)}" }) { nodes { almaId } }
    planned: tenantContracts(filter: { state: [PLANNED] }) { nodes { almaId } }
    dear: tenantContracts(filter: { price: { gt: "4500.10" } }) { nodes { almaId } }
    here: tenantContracts(filter: { building: { almaId: 1088 } }, orderBy: [{ field: START_DATE }]) { nodes { almaId } }
    elsewhere: tenantContracts(filter: { building: { almaId: 1075 } }) { totalCount }
  }`);
  expect(data).toEqual({
    today: { nodes: [{ almaId: 969 }] },
    planned: { nodes: [{ almaId: 970 }] },
    dear: { nodes: [{ almaId: 970 }] },
    here: { nodes: [{ almaId: 969 }, { almaId: 970 }] },
    elsewhere: { totalCount: 0 },
  });
});

test("contracts are found by the global id of their rental object, but not by an id of the other kind", async () => {
  const count = "{ totalCount }";
  const { data } = await ask(`{
    room: tenantContracts(filter: { rentalObject: { id: "Room:9211" } }) ${count}
    noUnit: tenantContracts(filter: { rentalObject: { id: "Unit:9211" } }) ${count}
    either: tenantContracts(filter: { rentalObject: { almaId: 9211 } }) ${count}
    unit: ownerContracts(filter: { rentalObject: { id: "Unit:9199" } }) ${count}
    noRoom: ownerContracts(filter: { rentalObject: { id: "Room:9199" } }) ${count}
  }`);
  const of = (totalCount: number) => ({ totalCount });
  expect(data).toEqual({ room: of(2), noUnit: of(0), either: of(2), unit: of(1), noRoom: of(0) });
});
