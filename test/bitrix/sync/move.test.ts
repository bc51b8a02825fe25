import { describe, expect, test } from "vitest";
import { apartment, contact, unit } from "../item/items.ts";
import { actions, having, start } from "./gateway.ts";

const BUILDING = "ufCrm6_1682232363193";

describe("a new name", () => {
  test("of a unit or room is sent with its unchanged building or unit", async () => {
    const { sync, sent, data } = await having(apartment(12), unit(71, 12));
    const [building] = data.buildings.all();
    const [apartmentInAlma] = data.units.all();
    const items = [apartment(12, { title: "Marina 12" }), unit(71, 12, { ufCrm8_1698838056004: "5902" })];
    const done = await sync(items);
    expect(done.items.map(({ changes }) => changes.map(({ field, after }) => [field, after]))).toEqual([
      [
        ["name", "Marina 12"],
        ["header", "Marina 12"],
      ],
      [["name", "Bed1"]],
    ]);
    expect(sent().map(([, body]) => body)).toEqual([
      { name: "Marina 12", header: "Marina 12", building: building?.id },
      { name: "Bed1", parent_unit: apartmentInAlma?.id },
    ]);
  });

  test("needs no further reads before the write", async () => {
    const { sync, asked } = await having(apartment(12), unit(71, 12));
    asked();
    const renamed = [apartment(12, { title: "Marina 12" }), unit(71, 12, { ufCrm8_1698838056004: "5902" })];
    await sync([...renamed, unit(72, 12)]);
    const calls = asked();
    const before = calls.slice(0, calls.indexOf("PATCH realty/units/2601/"));
    expect(before.filter((call) => call === "GET realty/units/2601/")).toHaveLength(1);
    await sync([unit(73, 12)]);
    expect(asked().filter((call) => call === "GET realty/units/2601/")).toHaveLength(1);
  });

  test("that another apartment of the building has is refused", async () => {
    const { sync } = await having(apartment(12), apartment(13));
    const { items } = await sync([apartment(13, { title: "Marina Heights 12" })]);
    expect(items).toMatchObject([{ action: "FAILED", userErrors: [{ code: "NOT_UNIQUE" }] }]);
  });
});

describe("a move", () => {
  test("of an apartment creates the building that it now names", async () => {
    const { sync, sent, data } = await having(apartment(12), apartment(13));
    const done = await sync([apartment(12, { [BUILDING]: "Creek Gate" }), apartment(13)]);
    expect(actions(done)).toEqual(["UPDATED", "UNCHANGED"]);
    const [made, old] = data.buildings.all();
    expect(done.buildings).toMatchObject([
      { name: "Creek Gate", action: "CREATED", building: { id: `Building:${made?.id}` } },
    ]);
    expect(done.items[0]?.changes).toMatchObject([{ field: "building", before: old?.id, after: made?.id }]);
    expect(sent()).toEqual([
      ["POST realty/buildings/", { name: "Creek Gate", project: 207 }],
      [expect.stringMatching(/^PATCH realty\/units\//), { building: made?.id }],
    ]);
  });

  test("of a room changes its unit", async () => {
    const { sync, sent, data } = await having(apartment(12), apartment(13), unit(71, 12));
    const target = data.units.by("external_id", "13")[0]?.id;
    expect(actions(await sync([unit(71, 13)]))).toEqual(["UPDATED"]);
    expect(sent()).toEqual([[expect.stringMatching(/^PATCH realty\/rooms\//), { parent_unit: target }]]);
    expect(actions(await sync([apartment(12), unit(71, 12)]))).toEqual(["UNCHANGED", "UPDATED"]);
  });
});

describe("a building", () => {
  test("is created once for all apartments that name it, and found by its name afterwards", async () => {
    const { sync, sent, data } = await start();
    const many = Array.from({ length: 8 }, (_, index) => apartment(index + 1));
    const first = await sync(many);
    expect(first.buildings).toMatchObject([{ name: "Marina Heights", action: "CREATED" }]);
    expect(data.buildings.all()).toHaveLength(1);
    sent();
    const next = await sync([apartment(20, { [BUILDING]: " Marina Heights " })]);
    expect(actions(next)).toEqual(["CREATED"]);
    expect(next.buildings).toEqual([]);
    expect(sent().map(([call]) => call)).toEqual(["POST realty/units/"]);
  });

  test("that cannot be created fails the apartments that name it, and no others", async () => {
    const { sync, simulator, data } = await start();
    const isBuilding = ({ method, path }: { method: string; path: string }) =>
      method === "POST" && path.endsWith("buildings/");
    simulator.faults.add({ kind: "status", status: 429, when: isBuilding });
    const done = await sync([apartment(12), unit(71, 12), contact(31)]);
    expect(actions(done)).toEqual(["FAILED", "FAILED", "CREATED"]);
    expect(done.buildings).toMatchObject([
      { name: "Marina Heights", action: "FAILED", building: null, userErrors: [{ code: "NOT_DONE" }] },
    ]);
    expect(done.items[0]?.userErrors).toMatchObject([
      { code: "PARENT_FAILED", field: ["items", "0", "item"] },
    ]);
    expect(data.units.all()).toEqual([]);
  });
});
