import { describe, expect, test } from "vitest";
import { apartment, contact, type Item, ownerContract, tenantContract, unit } from "../item/items.ts";
import { actions, having, start } from "./gateway.ts";

const AREA = "ufCrm6_1682232424142";
const RENT = "ufCrm6_1682232447205";
const ADDRESS = "ufCrm6_1718821717";
const FLOOR = "ufCrm6_1682232312628";
const BUILDING = "ufCrm6_1682232363193";
const STATION = "ufCrm6_1682233481671";
const LOCK = "ufCrm6_1715777670";

/** An item without some of its fields. */
function without({ kind, item }: Item, ...fields: readonly string[]): Item {
  return { kind, item: Object.fromEntries(Object.entries(item).filter(([name]) => !fields.includes(name))) };
}

describe("a field", () => {
  test("that differs is written alone, and reported with the values before and after", async () => {
    const { sync, sent } = await having(apartment(12));
    const { items } = await sync([apartment(12, { [ADDRESS]: "Marina Walk 8" })]);
    const changes = [{ field: "address", before: "Marina Walk 7", after: "Marina Walk 8", hidden: false }];
    expect(items).toMatchObject([{ action: "UPDATED", itemId: "12", changes, userErrors: [] }]);
    expect(sent()).toEqual([
      [expect.stringMatching(/^PATCH realty\/units\/\d+\/$/), { address: "Marina Walk 8" }],
    ]);
  });

  test("that the item does not have is kept", async () => {
    const { sync, sent } = await having(apartment(12));
    expect(actions(await sync([without(apartment(12), ADDRESS, RENT, FLOOR, BUILDING)]))).toEqual([
      "UNCHANGED",
    ]);
    expect(sent()).toEqual([]);
  });

  test("that is empty is cleared", async () => {
    const { sync, sent } = await having(apartment(12));
    const { items } = await sync([
      apartment(12, { [ADDRESS]: "", [FLOOR]: null, [STATION]: "2762", [AREA]: "" }),
    ]);
    expect(items[0]?.changes).toEqual([
      { field: "internalArea", before: 85.5, after: 0, hidden: false },
      { field: "address", before: "Marina Walk 7", after: null, hidden: false },
      { field: "totalBuildableArea", before: 85.5, after: 0, hidden: false },
      { field: "floor", before: "17", after: null, hidden: false },
      { field: "subwayStation", before: "Damac Properties", after: null, hidden: false },
    ]);
    const body = { internal_area: 0, address: "", total_buildable_area: 0, floor: null, subway_station: "" };
    expect(sent()).toEqual([[expect.any(String), body]]);
    expect(
      actions(await sync([apartment(12, { [ADDRESS]: "", [FLOOR]: "", [STATION]: "", [AREA]: "" })])),
    ).toEqual(["UNCHANGED"]);
  });

  test("that is empty but required fails the item, and nothing of it is written", async () => {
    const { sync, sent } = await having(apartment(12), contact(31));
    const { items } = await sync([
      contact(31, { LAST_NAME: " ", NAME: "Muna" }),
      apartment(12, { title: "", [ADDRESS]: "Marina Walk 8" }),
    ]);
    expect(items).toMatchObject([
      { action: "FAILED", userErrors: [{ code: "REQUIRED", field: ["items", "0", "item", "LAST_NAME"] }] },
      { action: "FAILED", userErrors: [{ code: "REQUIRED", field: ["items", "1", "item", "title"] }] },
    ]);
    expect(sent()).toEqual([]);
  });

  test("that is empty is kept where Alma cannot clear it: a client's scan", async () => {
    const { sync, sent, data } = await having(apartment(12), contact(31), ownerContract(401, 12, 31));
    const [client] = data.clients.all();
    data.clients.change(client?.id ?? 0, { passport_scan: data.files.insert({ name: "passport.jpg" }).id });
    const end = "ufCrm10_1693823282826";
    const items = [contact(31), ownerContract(401, 12, 31, { ufCrm10_1694000435068: "", [end]: "" })];
    expect(actions(await sync(items))).toEqual(["UNCHANGED", "UPDATED"]);
    expect(sent()).toEqual([[expect.stringMatching(/owner_contracts/), { end_date: null }]]);
  });

  test.each<[string, Item, Item]>([
    [
      "an amount with other zeros",
      apartment(12, { [RENT]: "12.20" }),
      apartment(12, { [RENT]: "012.2|AED" }),
    ],
    ["a rent as a number", apartment(12, { [RENT]: "120000" }), apartment(12, { [RENT]: 120000 })],
    ["an area with other zeros", apartment(12, { [AREA]: "85.5" }), apartment(12, { [AREA]: "85.50" })],
    ["a text with blanks around it", apartment(12), apartment(12, { title: "  Marina Heights 12 " })],
    ["a day in another zone", contact(31), contact(31, { BIRTHDATE: "1990-05-17T00:00:00Z" })],
    ["a day as Russians write it", contact(31), contact(31, { BIRTHDATE: "17.05.1990" })],
    ["a phone in another shape", contact(31), contact(31, { PHONE: "+971501234567" })],
    ["an option as a text", apartment(12), apartment(12, { [STATION]: "110" })],
    ["yes in another spelling", apartment(12), apartment(12, { ufCrm6_1697622591377: "1" })],
    [
      "a lock's password that Alma cuts",
      apartment(12, { [LOCK]: "1234567890" }),
      apartment(12, { [LOCK]: "1234567890" }),
    ],
  ])("that is equal in another form is not a change: %s", async (_, before, after) => {
    const { sync, sent } = await having(before);
    expect(actions(await sync([after]))).toEqual(["UNCHANGED"]);
    expect(sent()).toEqual([]);
  });

  test("is sent with exactly the digits that Bitrix has", async () => {
    const { sync, sent } = await having(
      apartment(12),
      unit(71, 12),
      contact(31),
      tenantContract(501, 71, 31),
    );
    const { items } = await sync([
      tenantContract(501, 71, 31, { opportunity: "12345678901234.56" }),
      unit(71, 12, { ufCrm8_1699620518232: "4500.10" }),
    ]);
    expect(items[0]?.changes).toEqual([
      { field: "price", before: "54000.50", after: "12345678901234.56", hidden: false },
    ]);
    expect(items[1]?.changes).toMatchObject([{ field: "goalRentCost", before: "4500.00", after: "4500.10" }]);
    expect(sent().map(([, body]) => body)).toEqual([
      { goal_rent_cost: 4500.1 },
      { price: "12345678901234.56" },
    ]);
  });
});

type Answer = Readonly<Record<string, unknown>>;

/** A gateway over an Alma that modifies its answers on matching paths. */
async function changing(matches: (path: string) => boolean, change: (row: Answer) => Answer) {
  const gateway = await start({}, { MAX_AGE: "0" });
  gateway.simulator.faults.add({
    kind: "transform",
    when: ({ method, path }) => method === "GET" && matches(path),
    change: (body) => (Array.isArray(body) ? body.map(change) : change(body as Answer)),
  });
  return gateway;
}

const home = [apartment(12), unit(71, 12)];
const isUnit = (path: string) => /realty\/units\/(\d+|external_id\/\w+)\/$/.test(path);

test("a field that is empty in the list only is not written again", async () => {
  const { sync, sent, query } = await changing(
    (path) => path.endsWith("/units/") || path.endsWith("/rooms/"),
    (row) => ({ ...row, header: "" }),
  );
  await sync(home);
  sent();
  for (const _ of [1, 2]) {
    await query("query @freshness(maxAge: 0) { units { nodes { header } } rooms { nodes { header } } }");
    expect(actions(await sync(home))).toEqual(["UNCHANGED", "UNCHANGED"]);
  }
  expect(sent()).toEqual([]);
});

test("a written value that Alma does not show is written once more, then not while the shown value stays", async () => {
  const { sync, sent } = await changing(isUnit, (row) => ({
    ...row,
    header: "",
    parking: { name: "parking_type.uncovered", value: "uncovered" },
  }));
  const renamed = [apartment(12, { title: "Another name" }), unit(71, 12)];
  for (const items of [home, renamed]) {
    await sync(items);
    sent();
    expect(actions(await sync(items))).toEqual(["UPDATED", "UNCHANGED"]);
    expect(sent()).toMatchObject([[expect.stringMatching(/^PATCH/), { header: expect.any(String) }]]);
    for (const _ of [3, 4]) expect(actions(await sync(items))).toEqual(["UNCHANGED", "UNCHANGED"]);
    expect(sent()).toEqual([]);
  }
});

test("a value that was reverted in Alma is written again", async () => {
  const { sync, data } = await start({}, { MAX_AGE: "0" });
  await sync([apartment(12)]);
  const dearer = apartment(12, { ufCrm6_1682232447205: "150000" });
  await sync([dearer]);
  const [changed] = data.units.all();
  if (changed) data.units.change(changed.id, { goal_rent_cost: 120_000 });
  expect((await sync([dearer])).items[0]?.changes).toMatchObject([
    { field: "goalRentCost", after: "150000.00" },
  ]);
});
