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

test("a rental object by Bitrix id is the unit or room that Alma chooses", async () => {
  const room = await ask('{ rentalObject(ref: { externalId: "12_12_12" }) { __typename id } }');
  expect(room.data.rentalObject).toEqual({ __typename: "Room", id: "Room:9211" });
  expect(room.asked).toEqual(["GET realty/rental_object/12_12_12/"]);
  // A unit let as a whole is found by the Bitrix id of its only room.
  const unit = await ask('{ rentalObject(ref: { externalId: "21_01_7_1" }) { id name } }');
  expect(unit.data.rentalObject).toEqual({ id: "Unit:9199", name: "2104" });
  const none = await ask('{ rentalObject(ref: { externalId: "nowhere" }) { id } }');
  expect(none.data.rentalObject).toBeNull();
});

test("a rental object by Alma id is a unit or a room", async () => {
  const { data } = await ask(`{
    unit: rentalObject(ref: { almaId: 9192 }) { __typename name header }
    room: rentalObject(ref: { almaId: 9212 }) { __typename name propertyType { value } }
    none: rentalObject(ref: { almaId: 7 }) { __typename }
  }`);
  expect(data).toEqual({
    unit: { __typename: "Unit", name: "2105", header: "Let by the room" },
    room: { __typename: "Room", name: "Bed 2", propertyType: { value: "bunk" } },
    none: null,
  });
});

test("nodes are answered in the order of their ids, with null for an id without a record", async () => {
  const { data } = await ask(`{
    node(id: "Client:851") { id ... on Client { firstName } }
    nodes(ids: ["Room:9211", "Unit:3", "TenantContract:969", "Building:1088", "Room:9211"]) {
      __typename id ... on RentalObject { name } ... on Contract { number } ... on Building { address }
    }
  }`);
  expect(data.node).toEqual({ id: "Client:851", firstName: "Анна" });
  expect(data.nodes).toEqual([
    { __typename: "Room", id: "Room:9211", name: "Bed 1" },
    null,
    { __typename: "TenantContract", id: "TenantContract:969", number: "TC-1" },
    { __typename: "Building", id: "Building:1088", address: "12 Al Marsa St" },
    { __typename: "Room", id: "Room:9211", name: "Bed 1" },
  ]);
});

test("units and rooms are in the order of bedrooms, rooms by those of their unit, those without any last", async () => {
  const { data } = await ask(`{
    rentalObjects(first: 1000, orderBy: [{ field: NUMBER_OF_BEDROOMS, direction: DESC }]) {
      nodes { __typename unit { numberOfBedrooms } }
    }
  }`);
  const nodes: { __typename: string; unit: { numberOfBedrooms: number | null } | null }[] =
    data.rentalObjects.nodes;
  const found = nodes.map(({ unit }) => unit?.numberOfBedrooms ?? null);
  expect(found).toEqual(found.toSorted((one, other) => Number(other ?? -1) - Number(one ?? -1)));
  // Rooms are sorted among units, not after them.
  const types = nodes.map(({ __typename }) => __typename);
  expect(types.indexOf("Room")).toBeLessThan(types.lastIndexOf("Unit"));
});
