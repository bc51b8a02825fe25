import { expect, test } from "vitest";
import { household, startAlma } from "./alma.ts";

test("a building's name is unique within its project", async () => {
  const { post, patch, data } = await startAlma({ data: household });
  const refused = { non_field_errors: ["The fields name, project must make a unique set."] };
  expect((await post("realty/buildings/", { name: "Marina Tower", project: 207 })).body).toEqual(refused);
  const other = data.projects.insert({ name: "Abu Dhabi" });
  const made = await post("realty/buildings/", { name: "Marina Tower", project: other.id });
  expect(made.status).toBe(201);
  expect((await patch(`realty/buildings/${made.body.id}/`, { project: 207 })).body).toEqual(refused);
});

test("a PATCH with name requires project, unless disabled", async () => {
  const { patch, simulator } = await startAlma({ data: household });
  expect((await patch("realty/buildings/1001/", { name: "A" })).body).toEqual({
    project: ["This field is required."],
  });
  expect((await patch("realty/buildings/1001/", { name: "A", project: 207 })).body.name).toBe("A");
  simulator.switches.renameNeedsParent = false;
  expect((await patch("realty/buildings/1001/", { name: "B" })).body.name).toBe("B");
});

test("a building stores an external id and counts its units", async () => {
  const { post, get } = await startAlma({ data: household });
  const made = await post("realty/buildings/", { name: "New", project: 207, external_id: "b-2" });
  expect((await get("realty/buildings/external_id/b-2/")).body).toEqual(made.body);
  expect(made.body.number_of_units).toBe(0);
  expect((await get("realty/buildings/1001/")).body.number_of_units).toBe(2);
});
