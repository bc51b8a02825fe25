import { expect, test } from "vitest";
import { household, startAlma } from "../alma.ts";

test("numeric external ids can be answered as numbers", async () => {
  const { get, data } = await startAlma({ data: household, switches: { externalIdForm: "number" } });
  data.units.change(1, { external_id: "1022" });
  data.units.change(2, { external_id: "007" });
  expect((await get("realty/units/external_id/1022/")).body.external_id).toBe(1022);
  expect((await get("realty/units/")).body).toMatchObject([{ external_id: "007" }, { external_id: 1022 }]);
  expect((await get("realty/rooms/11/")).body.parent_unit).toMatchObject({ external_id: 1022 });
});

test("the header in lists can be empty", async () => {
  const { get, data, simulator } = await startAlma({ data: household });
  data.rooms.change(12, { header: "H" });
  expect((await get("realty/rooms/")).body).toMatchObject([{ id: 12, header: "H" }, { id: 11 }]);
  simulator.switches.listHeader = "empty";
  expect((await get("realty/rooms/")).body).toMatchObject([{ id: 12, header: "" }, { id: 11 }]);
  expect((await get("realty/rooms/12/")).body.header).toBe("H");
});

test("a rent can be answered as a string", async () => {
  const { get, data, simulator } = await startAlma({ data: household });
  data.units.change(1, { goal_rent_cost: 12.2 });
  data.units.change(2, { goal_rent_cost: null });
  expect((await get("realty/units/1/")).body.goal_rent_cost).toBe(12.2);
  simulator.switches.rentForm = "string";
  expect((await get("realty/units/1/")).body.goal_rent_cost).toBe("12.20");
  expect((await get("realty/units/2/")).body.goal_rent_cost).toBeNull();
});

test("a record can answer undocumented fields and values of the wrong type", async () => {
  const { get, data } = await startAlma({ data: household });
  data.units.change(1, { extra: { colour: "red", photos: null, number: { deep: 1 } } });
  const { body } = await get("realty/units/1/");
  expect(body).toMatchObject({ id: 1, colour: "red", photos: null, number: { deep: 1 } });
});

test("a record may refer to a missing one", async () => {
  const { get, data } = await startAlma({ data: household });
  data.buildings.remove(1001);
  expect((await get("realty/units/1/")).body).toMatchObject({ building: null, project: null });
  data.units.remove(1);
  expect((await get("realty/rooms/11/")).body).toMatchObject({ parent_unit: null, building: null });
});
