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

test("a room has every field that Alma shows", async () => {
  const { data, asked } = await ask(`{ room(ref: { almaId: 9211 }) {
    id almaId externalId name header unit { id name header externalId } building { id name }
    propertyType { name value } number internalArea status project { almaId name } isArchived photos { almaId url }
    goalRentCost keyboxCode electronicLockPassword
  } }`);
  expect(data.room).toEqual({
    id: "Room:9211",
    almaId: 9211,
    externalId: "12_12_12",
    name: "Bed 1",
    header: "Bed by the window",
    unit: { id: "Unit:9192", name: "2105", header: "Let by the room", externalId: "21_01_9" },
    building: { id: "Building:1088", name: "Marina Heights" },
    propertyType: { name: "property_type.bunk", value: "bunk" },
    number: "1",
    internalArea: 4.5,
    status: "available",
    project: { almaId: 207, name: "Dubai" },
    isArchived: false,
    photos: [{ almaId: 4507, url: expect.stringMatching(/\/media\/127\/photos\/4507\/bed\.jpg$/) }],
    goalRentCost: "12.20",
    keyboxCode: "1234",
    electronicLockPassword: "5678",
  });
  expect(asked).toEqual(["GET realty/rooms/9211/"]);
});

test("a room has its contracts, and the one in force on a day", async () => {
  const { data } = await ask(`{ room(ref: { externalId: "12_12_12" }) {
    tenantContracts { nodes { almaId state } }
    today: currentTenantContract { almaId } later: currentTenantContract(on: "${day(200)}") { almaId }
    never: currentTenantContract(on: "${day(2000)}") { almaId }
  } }`);
  expect(data.room).toEqual({
    tenantContracts: {
      nodes: [
        { almaId: 970, state: "PLANNED" },
        { almaId: 969, state: "ACTIVE" },
      ],
    },
    today: { almaId: 969 },
    later: { almaId: 970 },
    never: null,
  });
});

test("rooms are found by their unit, as its field and by a filter", async () => {
  const { data } = await ask(`{
    byFilter: rooms(filter: { unit: { externalId: "21_01_9" } }) { nodes { almaId } }
    byEdge: unit(ref: { almaId: 9192 }) { rooms { nodes { almaId } } }
  }`);
  expect(data.byFilter.nodes).toEqual([{ almaId: 9212 }, { almaId: 9211 }]);
  expect(data.byEdge.rooms.nodes).toEqual(data.byFilter.nodes);
});

test("rooms are found by conditions on their unit", async () => {
  const { data } = await ask(`{
    rooms(filter: { unitWhere: { externalId: { eq: "21_01_9" } } }) { nodes { almaId } }
  }`);
  expect(data.rooms.nodes).toEqual([{ almaId: 9212 }, { almaId: 9211 }]);
});
