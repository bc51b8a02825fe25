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

test("a building has every field that Alma shows", async () => {
  const { data, asked } = await ask(`{ building(ref: { almaId: 1088 }) {
    id almaId externalId name project { almaId name } numberOfUnits address isArchived number
  } }`);
  expect(data.building).toEqual({
    id: "Building:1088",
    almaId: 1088,
    externalId: "bx-1",
    name: "Marina Heights",
    project: { almaId: 207, name: "Dubai" },
    numberOfUnits: 2,
    address: "12 Al Marsa St",
    isArchived: false,
    number: "B12",
  });
  expect(asked).toEqual(["GET realty/buildings/1088/"]);
});

test("a building is found by its Bitrix id, which no list shows; an empty Bitrix id is null", async () => {
  const { data, asked } = await ask('{ building(ref: { externalId: "bx-1" }) { almaId externalId } }');
  expect(data.building).toEqual({ almaId: 1088, externalId: "bx-1" });
  expect(asked).toEqual(["GET realty/buildings/external_id/bx-1/"]);
  expect((await ask("{ building(ref: { almaId: 1075 }) { externalId } }")).data.building).toEqual({
    externalId: null,
  });
});

test("a building has its units and rooms", async () => {
  const { data } = await ask(`{ building(ref: { id: "Building:1088" }) {
    units { totalCount nodes { name } } rooms(orderBy: [{ field: NAME }]) { nodes { name unit { name } } }
  } }`);
  expect(data.building.units).toEqual({ totalCount: 2, nodes: [{ name: "2104" }, { name: "2105" }] });
  expect(data.building.rooms.nodes).toEqual([
    { name: "Bed 1", unit: { name: "2105" } },
    { name: "Bed 2", unit: { name: "2105" } },
  ]);
});

test("a list of buildings costs one call, and one more for each building if the filter needs its detail", async () => {
  const names = await ask("{ buildings { totalCount nodes { name } } }");
  expect(names.data.buildings).toEqual({
    totalCount: 2,
    nodes: [{ name: "Marina Heights" }, { name: "Creek Gate" }],
  });
  const some = await ask(
    '{ buildings(filter: { address: { contains: "MARSA" } }) { totalCount nodes { almaId } } }',
  );
  expect(some.data.buildings).toEqual({ totalCount: 1, nodes: [{ almaId: 1088 }] });
  expect((await ask("{ building(ref: { almaId: 4 }) { name } }")).data.building).toBeNull();
});
