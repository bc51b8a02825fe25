import { expect, test } from "vitest";
import { household, newUnit, startAlma } from "./alma.ts";

test("a unit's name is unique within its building", async () => {
  const { post, patch, data } = await startAlma({ data: household });
  const refused = { non_field_errors: ["The fields name, building must make a unique set."] };
  expect((await post("realty/units/", { ...newUnit, name: "101" })).body).toEqual(refused);
  expect((await patch("realty/units/2/", { name: "101", building: 1001 })).body).toEqual(refused);
  const other = data.buildings.insert({ name: "Other", project: 207 });
  expect((await post("realty/units/", { ...newUnit, name: "101", building: other.id })).status).toBe(201);
  // A move to a building where the name is taken is refused too.
  expect((await patch("realty/units/1/", { building: other.id })).body).toEqual(refused);
});

test("a PATCH with name requires building, unless disabled", async () => {
  const { patch, simulator } = await startAlma({ data: household });
  expect((await patch("realty/units/1/", { name: "101A" })).body).toEqual({
    building: ["This field is required."],
  });
  expect((await patch("realty/units/1/", { name: "101A", building: 1001 })).body.name).toBe("101A");
  simulator.switches.renameNeedsParent = false;
  expect((await patch("realty/units/1/", { name: "101B" })).body.name).toBe("101B");
});

test("status and is_archived cannot be set, and unknown fields are ignored", async () => {
  const { patch, data } = await startAlma({ data: household });
  const before = data.units.get(1);
  const reply = await patch("realty/units/1/", { status: "rented", is_archived: true, id: 7, colour: "red" });
  expect(reply.status).toBe(200);
  expect(data.units.get(1)).toEqual(before);
});

test("photos are replaced as a set: kept by id, added by file, deleted if not listed", async () => {
  const { patch, data } = await startAlma({ data: household });
  const added = await patch("realty/units/1/", {
    photos: [{ external_file_id: 9146 }, { external_file_id: 9147 }],
  });
  const [first, second] = added.body.photos as { id: number; image: string }[];
  expect(first?.image).toMatch(/one\.jpg$/);
  const kept = await patch("realty/units/1/", { photos: [{ id: second?.id }, { external_file_id: 9146 }] });
  const photos = kept.body.photos as { id: number }[];
  expect(photos).toHaveLength(2);
  expect(photos[0]).toEqual(second);
  expect(photos[1]?.id).not.toBe(first?.id);
  expect((await patch("realty/units/1/", { header: "x" })).body.photos).toEqual(photos);
  expect((await patch("realty/units/1/", { photos: [] })).body.photos).toEqual([]);
  expect(data.units.get(1)?.photos).toEqual([]);
});

test("errors in photos have the index of the photo", async () => {
  const { patch, post } = await startAlma({ data: household });
  const reply = await patch("realty/units/1/", {
    photos: [{ external_file_id: 9146 }, { external_file_id: 5 }, { id: 4506 }, {}, 7],
  });
  expect(reply.body).toEqual({
    photos: [
      {},
      { external_file_id: ['Invalid pk "5" - object does not exist.'] },
      { id: ["This photo is not attached to the object."] },
      { external_file_id: ["This field is required."] },
      { non_field_errors: ["Invalid data. Expected a dictionary, but got int."] },
    ],
  });
  expect((await post("realty/units/", { ...newUnit, photos: null, name: "" })).body).toEqual({
    name: ["This field may not be blank."],
    photos: ["This field may not be null."],
  });
});

test.each([
  ["objects", [{ id: 1, image: "/a.jpg" }]],
  ["strings", ["/a.jpg"]],
  ["numbers", [1]],
] as const)("photos are answered as %s", async (photoForm, photos) => {
  const { get, data } = await startAlma({ data: household, switches: { photoForm } });
  data.units.change(1, { photos: [{ id: 1, url: "/a.jpg" }] });
  expect((await get("realty/units/1/")).body.photos).toEqual(photos);
});

test("a lock's password is truncated to eight characters", async () => {
  const { post, patch } = await startAlma({ data: household });
  const made = await post("realty/units/", { ...newUnit, electronic_lock_password: "1234567890" });
  expect(made.body.electronic_lock_password).toBe("12345678");
  const room = await patch("realty/rooms/11/", { electronic_lock_password: 987654321 });
  expect(room.body.electronic_lock_password).toBe("98765432");
});

test("unknown property types and kinds of parking are refused", async () => {
  const { patch } = await startAlma({ data: household });
  expect((await patch("realty/units/1/", { property_type: "castle", parking: null })).body).toEqual({
    property_type: ['"castle" is not a valid choice.'],
    parking: ["This field may not be null."],
  });
});

test("units and rooms share one sequence of ids", async () => {
  const { data } = await startAlma({ data: household });
  const unit = data.units.insert({});
  const room = data.rooms.insert({});
  expect(room.id).toBe(unit.id + 1);
  expect(() => data.units.insert({ id: room.id })).toThrow(/taken already/);
});
