import { afterAll, beforeAll, expect, test } from "vitest";
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

test("a unit has every field that Alma shows", async () => {
  const { data, asked } = await ask(`{ unit(ref: { almaId: 9199 }) {
    id almaId externalId additionalExternalId isUsedAdditionalExternalId name header building { id name }
    propertyType { name value } number internalArea status project { almaId name } isArchived photos { almaId url }
    goalRentCost address addressNumber numberOfBedrooms numberOfBaths isRoofGarden parking { name value } plot
    isSwimmingPool coveredVerandas uncoveredVerandas lowerLevel storage totalBuildableArea floor internetLogin
    internetPassword subwayStation parkingNumber keyboxCode electronicLockPassword
  } }`);
  expect(data.unit).toEqual({
    id: "Unit:9199",
    almaId: 9199,
    externalId: "21_01_8",
    additionalExternalId: "21_01_7_1",
    isUsedAdditionalExternalId: true,
    name: "2104",
    header: "Two bedrooms with a view",
    building: { id: "Building:1088", name: "Marina Heights" },
    propertyType: { name: "property_type.detached_villa", value: "detached_villa" },
    number: "2104",
    internalArea: 1111.5,
    status: "available",
    project: { almaId: 207, name: "Dubai" },
    isArchived: false,
    photos: [{ almaId: 4506, url: expect.stringMatching(/\/media\/127\/photos\/4506\/view\.jpg$/) }],
    goalRentCost: "12.22",
    address: "Marina 1231",
    addressNumber: "121",
    numberOfBedrooms: 2,
    numberOfBaths: 3,
    isRoofGarden: false,
    parking: { name: "parking_type.uncovered", value: "uncovered" },
    plot: "77",
    isSwimmingPool: true,
    coveredVerandas: "12.5",
    uncoveredVerandas: "3",
    lowerLevel: "yes",
    storage: "S1",
    totalBuildableArea: 1200,
    floor: "21",
    internetLogin: "guest",
    internetPassword: "palm-tree",
    subwayStation: "Damac Properties",
    parkingNumber: "P-7",
    keyboxCode: "4711",
    electronicLockPassword: "90210",
  });
  expect(asked).toEqual(["GET realty/units/9199/"]);
});

test("a unit by Bitrix id costs one call with its building's name, and one more with the building's address", async () => {
  const brief = await ask('{ unit(ref: { externalId: "21_01_9" }) { name building { name } } }');
  expect(brief.data.unit).toEqual({ name: "2105", building: { name: "Marina Heights" } });
  expect(brief.asked).toEqual(["GET realty/units/external_id/21_01_9/"]);
  const full = await ask('{ unit(ref: { externalId: "21_01_9" }) { building { address } } }');
  expect(full.data.unit.building.address).toBe("12 Al Marsa St");
  expect(full.asked).toEqual(["GET realty/buildings/1088/"]);
});

test("a unit has its rooms and contracts, and with includeRooms those of its rooms", async () => {
  const { data } = await ask(`{
    shared: unit(ref: { almaId: 9192 }) {
      rooms { nodes { name } } tenantContracts { totalCount } all: tenantContracts(includeRooms: true) { nodes { almaId } }
    }
    whole: unit(ref: { almaId: 9199 }) { ownerContracts { nodes { almaId } } currentOwnerContract { client { lastName } } }
  }`);
  expect(data.shared).toEqual({
    rooms: { nodes: [{ name: "Bed 2" }, { name: "Bed 1" }] },
    tenantContracts: { totalCount: 0 },
    all: { nodes: [{ almaId: 970 }, { almaId: 969 }] },
  });
  expect(data.whole).toEqual({
    ownerContracts: { nodes: [{ almaId: 542 }] },
    currentOwnerContract: { client: { lastName: "Haddad" } },
  });
});

test("units are filtered and ordered", async () => {
  const { data } = await ask(`{ units(
    filter: { building: { almaId: 1088 }, goalRentCost: { gte: "12.22" }, numberOfBedrooms: { in: [2, 3] } }
    orderBy: [{ field: NAME, direction: DESC }]
  ) { totalCount nodes { name } } }`);
  expect(data.units).toEqual({ totalCount: 1, nodes: [{ name: "2104" }] });
});
