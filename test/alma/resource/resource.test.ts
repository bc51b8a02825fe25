import { expect, test } from "vitest";
import { caller, conversation, htmlNotFound, notFound } from "../fake.ts";

const unit = {
  id: 9199,
  external_id: "21_01_8",
  additional_external_id: "",
  is_used_additional_external_id: true,
  name: "21_01_8",
  header: "",
  building: { id: 1075, name: "Building Import 1" },
  property_type: { name: "property_type.detached_villa", value: "detached_villa" },
  number: 123,
  internal_area: 1111.0,
  status: "available",
  project: { id: 518, name: "Project Import 1" },
  is_archived: false,
  photos: [],
  goal_rent_cost: 12.22,
  parking: { name: "parking_type.uncovered", value: "uncovered" },
  floor: 7,
};

test("a unit is read by its id, with the gateway's field names", async () => {
  const { alma, paths, seen } = await conversation(() => [200, unit]);
  const { match, isConclusive } = await alma.unit.get({ id: 9199 }, { ...caller, requestId: "r-1" });
  expect(paths()).toEqual(["GET realty/units/9199/"]);
  expect(seen[0]?.headers).toMatchObject({ "api-key": "the-key-that-must-not-leak", "x-request-id": "r-1" });
  expect(isConclusive).toBe(true);
  expect(match?.fieldErrors).toBeUndefined();
  expect(match?.record).toMatchObject({
    id: 9199,
    externalId: "21_01_8",
    additionalExternalId: null,
    building: { id: 1075, name: "Building Import 1" },
    propertyType: { value: "detached_villa", name: "property_type.detached_villa" },
    number: "123",
    goalRentCost: "12.22",
    floor: "7",
    plot: null,
    photos: [],
  });
});

test("a list is read as summaries: missing fields are undefined, entries without an id are counted", async () => {
  const { alma } = await conversation(() => [
    200,
    [{ id: "5", name: "A", header: "", external_id: "" }, { name: "B" }, null, { id: 6, name: [] }],
  ]);
  const { value } = await alma.unit.list(caller);
  expect(value?.malformed).toBe(2);
  expect(value?.items.map(({ record }) => record)).toStrictEqual([
    { id: 5, name: "A", header: "", externalId: null },
    { id: 6, name: null, header: undefined, externalId: undefined },
  ]);
  expect(value?.items[1]?.fieldErrors).toEqual({ name: "Alma returned a list that is not text." });
});

test("a 404 in JSON is conclusive, except for an external id that proxies may misread", async () => {
  const { alma } = await conversation(() => notFound);
  expect(await alma.unit.get({ id: 1 }, caller)).toMatchObject({ isConclusive: true });
  expect(await alma.unit.get({ externalId: "a/b" }, caller)).toMatchObject({ isConclusive: false });
});

test("clients at another path are found there, and from then on with one call", async () => {
  const { alma, paths } = await conversation(({ path }) =>
    path.startsWith("users/clients/") ? [200, { id: 7, first_name: "W" }] : htmlNotFound,
  );
  expect((await alma.client.get({ id: 7 }, caller)).match?.record.firstName).toBe("W");
  await alma.client.get({ id: 7 }, caller);
  expect(paths()).toEqual(["GET realty/clients/7/", "GET users/clients/7/", "GET users/clients/7/"]);
});
