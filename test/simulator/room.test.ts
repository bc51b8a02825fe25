import { expect, test } from "vitest";
import { household, newRoom, startAlma } from "./alma.ts";

test("a PATCH with name requires parent_unit, unless disabled", async () => {
  const { patch, simulator } = await startAlma({ data: household });
  expect((await patch("realty/rooms/11/", { name: "Bed1", property_type: "castle" })).body).toEqual({
    parent_unit: ["This field is required."],
    property_type: ['"castle" is not a valid choice.'],
  });
  expect((await patch("realty/rooms/11/", { name: "Bed1", parent_unit: 1 })).body.name).toBe("Bed1");
  simulator.switches.renameNeedsParent = false;
  expect((await patch("realty/rooms/11/", { name: "Bed2" })).body.name).toBe("Bed2");
});

test("a room stores number and photos, and shows its unit and building", async () => {
  const { post } = await startAlma({ data: household });
  const reply = await post("realty/rooms/", { ...newRoom, number: 5, photos: [{ external_file_id: 9146 }] });
  expect(reply.body).toMatchObject({
    number: "5",
    parent_unit: { id: 1, name: "101", header: "", external_id: "u-1" },
    building: { id: 1001, name: "Marina Tower" },
    project: { id: 207, name: "Dubai" },
    photos: [{ id: 4501 }],
  });
});

test("the parent of a room is a unit", async () => {
  const { post } = await startAlma({ data: household });
  expect((await post("realty/rooms/", { ...newRoom, parent_unit: 11 })).body).toEqual({
    parent_unit: ['Invalid pk "11" - object does not exist.'],
  });
});
