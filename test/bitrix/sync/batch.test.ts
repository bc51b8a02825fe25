import { describe, expect, test } from "vitest";
import { apartment, contact, ownerContract, tenantContract, unit } from "../item/items.ts";
import { actions, start } from "./gateway.ts";

const flow = [
  tenantContract(501, 71, 31),
  contact(31),
  unit(71, 12),
  ownerContract(401, 12, 30),
  contact(30),
  apartment(12),
];

test("items in any order become linked records, and repeating the sync changes nothing", async () => {
  const { sync, asked } = await start();
  const first = await sync(flow);
  expect(actions(first)).toEqual(Array(6).fill("CREATED"));
  asked();
  const again = await sync(flow);
  expect(actions(again)).toEqual(Array(6).fill("UNCHANGED"));
  expect(asked().map((call) => call.split(" ")[0])).toEqual(Array(6).fill("GET"));
});

describe("an item given twice", () => {
  test("is processed once if both are identical", async () => {
    const { sync, sent } = await start();
    const { items } = await sync([contact(31), apartment(12), contact(31)]);
    expect(items.map(({ action }) => action)).toEqual(["CREATED", "CREATED", "SKIPPED"]);
    expect(items[2]).toMatchObject({
      record: null,
      changes: [],
      userErrors: [{ code: "INVALID", message: "It is identical to items.0, which is processed for both." }],
    });
    expect(sent().filter(([call]) => call.includes("clients"))).toHaveLength(1);
  });

  test("fails in both versions if they differ, and so do items that depend on it", async () => {
    const { sync, sent } = await start();
    const { items } = await sync([
      contact(31),
      contact(31, { NAME: "Muna" }),
      contact(31),
      apartment(12),
      ownerContract(401, 12, 31),
      contact(32),
    ]);
    expect(items.map(({ action }) => action)).toEqual([
      "FAILED",
      "FAILED",
      "SKIPPED",
      "CREATED",
      "FAILED",
      "CREATED",
    ]);
    expect(items[0]?.userErrors).toMatchObject([
      { code: "INVALID", message: expect.stringMatching(/^items\.1 is another version of the same item/) },
    ]);
    expect(items[1]?.userErrors).toMatchObject([
      { message: expect.stringMatching(/^items\.0 is another version/) },
    ]);
    expect(sent().filter(([call]) => call.includes("clients"))).toHaveLength(1);
  });

  const changedAt = (hour: number) => `2026-11-25T${hour}:00:00+03:00`;

  test.each([
    ["the last", [10, 11, 12]],
    ["the first", [12, 11, 10]],
    ["one between", [10, 12, 11]],
  ])("in several versions counts in the newest, here %s", async (_which, hours) => {
    const { sync, data } = await start();
    const versions = hours.map((hour) => contact(31, { NAME: `At ${hour}`, DATE_MODIFY: changedAt(hour) }));
    const { items } = await sync([...versions, apartment(12), ownerContract(401, 12, 31)]);
    const newest = hours.indexOf(12);
    for (const [index, { action, userErrors }] of items.slice(0, 3).entries())
      expect({ action, userErrors }).toMatchObject(
        index === newest
          ? { action: "CREATED", userErrors: [] }
          : {
              action: "FAILED",
              userErrors: [
                {
                  code: "NOT_DONE",
                  message: `items.${newest} is a newer version of the same item, by the time at which Bitrix says it was changed. That one counts, and nothing was done for this one.`,
                },
              ],
            },
      );
    expect(items.slice(3).map(({ action }) => action)).toEqual(["CREATED", "CREATED"]);
    expect(data.clients.all()).toMatchObject([{ first_name: "At 12" }]);
  });

  test("compares versions by time across zones, even if the older one is invalid", async () => {
    const { sync, data } = await start();
    const { items } = await sync([
      apartment(12, { title: "Newer", updatedTime: "2026-11-25T08:30:00Z" }),
      apartment(12, { title: "", updatedTime: "2026-11-25T11:00:00+03:00" }),
    ]);
    expect(items).toMatchObject([{ action: "CREATED" }, { userErrors: [{ code: "NOT_DONE" }] }]);
    expect(data.units.all()).toMatchObject([{ name: "Newer" }]);
  });

  test("is processed once if both versions are equal, whenever they were changed", async () => {
    const { sync } = await start();
    const versions = [10, 11].map((hour) => contact(31, { DATE_MODIFY: changedAt(hour) }));
    expect(actions(await sync(versions))).toEqual(["SKIPPED", "CREATED"]);
  });

  test.each([
    ["only one says when it was changed", changedAt(10), undefined],
    ["both were changed at once", changedAt(10), changedAt(10)],
    ["a time has no zone", "2026-11-25T10:00:00", "2026-11-25T11:00:00"],
  ])("fails in both versions if %s", async (_why, one, other) => {
    const { sync, sent } = await start();
    const { items } = await sync([
      contact(31, { NAME: "Old", DATE_MODIFY: one }),
      contact(31, { NAME: "New", ...(other !== undefined && { DATE_MODIFY: other }) }),
    ]);
    expect(items.map(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual([
      ["INVALID"],
      ["INVALID"],
    ]);
    expect(sent()).toEqual([]);
  });

  test("is another item if its kind differs", async () => {
    const { sync } = await start();
    expect(actions(await sync([apartment(12), contact(12), unit(12, 12)]))).toEqual(Array(3).fill("CREATED"));
  });
});

describe("the size of a sync", () => {
  test("is limited: more items than BITRIX_MAX_ITEMS are refused before any call", async () => {
    const { sync, asked } = await start({}, { BITRIX_MAX_ITEMS: "2" });
    const done = await sync([contact(31), contact(32), contact(33)]);
    const message = "3 items are too many for one request; send 2 at most.";
    expect(done).toEqual({
      items: [],
      buildings: [],
      userErrors: [{ code: "INVALID", field: ["items"], message }],
    });
    expect(asked()).toEqual([]);
    expect(actions(await sync([contact(31), contact(32)]))).toEqual(["CREATED", "CREATED"]);
  });

  test("is not limited by MAX_CALLS", async () => {
    const { sync } = await start({}, { MAX_CALLS: "3", MAX_AGE: "0" });
    const items = Array.from({ length: 6 }, (_, index) => contact(31 + index));
    expect(actions(await sync(items))).toEqual(Array(6).fill("CREATED"));
    expect(actions(await sync(items))).toEqual(Array(6).fill("UNCHANGED"));
  });

  test("may be zero: nothing is done", async () => {
    const { sync, asked } = await start();
    expect(await sync([])).toEqual({ items: [], buildings: [], userErrors: [] });
    expect(asked()).toEqual([]);
  });
});

describe("a dry run", () => {
  test("reports the outcome of each item, and writes nothing", async () => {
    const { sync, sent, data } = await start();
    await sync([apartment(12), contact(31)]);
    sent();
    const flow = [
      tenantContract(501, 71, 32),
      apartment(12, { ufCrm6_1718821717: "Marina Walk 8" }),
      unit(71, 12),
      contact(31),
      contact(32),
      apartment(14, { ufCrm6_1682232363193: "Creek Gate" }),
      unit(73, 14),
    ];
    const tried = await sync(flow, true);
    const expected = ["CREATED", "UPDATED", "CREATED", "UNCHANGED", "CREATED", "CREATED", "CREATED"];
    expect(actions(tried)).toEqual(expected);
    expect(tried.buildings).toMatchObject([{ name: "Creek Gate", action: "CREATED", building: null }]);
    expect(tried.items.map(({ record }) => record !== null)).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(tried.items[1]?.changes).toMatchObject([
      { field: "address", before: "Marina Walk 7", after: "Marina Walk 8" },
    ]);
    expect(sent()).toEqual([]);
    expect(data.units.all()).toHaveLength(1);
    expect(actions(await sync(flow))).toEqual(expected);
  });

  test("reports items that Alma would refuse", async () => {
    const { sync, sent } = await start();
    await sync([apartment(12), unit(71, 12), contact(31), tenantContract(501, 71, 31)]);
    sent();
    const { items } = await sync([tenantContract(502, 71, 31), contact(33, { PHONE: [] })], true);
    expect(items).toMatchObject([
      { action: "FAILED", userErrors: [{ code: "OVERLAP" }] },
      { action: "CREATED" },
    ]);
    expect(sent()).toEqual([]);
  });
});
