import { expect, test } from "vitest";
import { household, startAlma } from "./alma.ts";

test("parent_unit distinguishes a room from a unit", async () => {
  const { get } = await startAlma({ data: household });
  expect((await get("realty/rental_object/r-11/")).body).toMatchObject({ id: 11, parent_unit: 1 });
  expect((await get("realty/rental_object/u-1/")).body).toMatchObject({ id: 1, parent_unit: null });
});

test("a unit is found by its additional id only if that is in use", async () => {
  const { get, patch } = await startAlma({ data: household });
  expect((await get("realty/rental_object/w-2/")).body).toEqual({
    id: 2,
    external_id: "u-2",
    additional_external_id: "w-2",
    is_used_additional_external_id: true,
    parent_unit: null,
  });
  await patch("realty/units/2/", { is_used_additional_external_id: false });
  expect((await get("realty/rental_object/w-2/")).status).toBe(404);
});

test("a used additional id takes precedence over a room, a room over a unit, and the newest among equals", async () => {
  const { get, data } = await startAlma({ data: household });
  const find = async () => (await get("realty/rental_object/x/")).body.id;
  data.units.insert({ id: 50, external_id: "x" });
  data.units.insert({ id: 60, external_id: "x" });
  expect(await find()).toBe(60);
  data.rooms.insert({ id: 40, external_id: "x", parent_unit: 1 });
  expect(await find()).toBe(40);
  data.units.insert({ id: 30, additional_external_id: "x", is_used_additional_external_id: true });
  expect(await find()).toBe(30);
  data.units.insert({ id: 70, additional_external_id: "x", is_used_additional_external_id: false });
  expect(await find()).toBe(30);
});
