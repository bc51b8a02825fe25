import { describe, expect, test } from "vitest";
import { apartment, contact, type Item, ownerContract, tenantContract, unit, WHOLE } from "../item/items.ts";
import { actions, having, start } from "./gateway.ts";

const items = [
  apartment(12),
  unit(71, 12),
  contact(31),
  contact(30),
  ownerContract(401, 12, 30),
  tenantContract(501, 71, 31),
];

/** An item with only its id and these fields. */
const only = ({ kind, item }: Item, fields: Record<string, unknown>): Item => ({
  kind,
  item: { [kind === "CONTACT" ? "ID" : "id"]: item.ID ?? item.id, ...fields },
});

describe("an item of a known record", () => {
  test("may contain any single field: values that equal Alma's change nothing", async () => {
    const { sync, sent } = await having(...items);
    for (const whole of items) {
      const fields = Object.entries(whole.item).filter(([code]) => code.toLowerCase() !== "id");
      for (const [code, value] of fields) {
        const { items: done } = await sync([only(whole, { [code]: value })]);
        expect([code, done]).toMatchObject([code, [{ action: "UNCHANGED", userErrors: [], warnings: [] }]]);
      }
    }
    expect(sent()).toEqual([]);
  });

  test.each([
    ["an apartment's address", apartment(12), { ufCrm6_1718821717: "Walk 9" }, { address: "Walk 9" }],
    ["a unit's rent", unit(71, 12), { ufCrm8_1699620518232: "4700" }, { goal_rent_cost: 4700 }],
    ["a contact's name", contact(31), { NAME: "Muna" }, { first_name: "Muna" }],
    ["an owner contract's title", ownerContract(401, 12, 30), { title: "New" }, { name: "New" }],
    [
      "a tenant contract's price",
      tenantContract(501, 71, 31),
      { opportunity: "61000" },
      { price: "61000.00" },
    ],
  ])("changes that field alone: %s", async (_what, whole, fields, body) => {
    const { sync, sent } = await having(...items);
    expect(actions(await sync([only(whole, fields)], true))).toEqual(["UPDATED"]);
    expect(sent()).toEqual([]);
    const { items: done } = await sync([only(whole, fields)]);
    expect(done).toMatchObject([{ action: "UPDATED", userErrors: [], changes: [{}] }]);
    expect(done[0]?.changes).toHaveLength(1);
    const [[call, written] = []] = sent();
    expect(call).toMatch(/^PATCH /);
    expect(written).toEqual(body);
  });

  test("is found by Alma's lookup where the list omits it", async () => {
    const { sync, simulator } = await having(...items);
    simulator.faults.add({
      kind: "transform",
      change: (body) => (Array.isArray(body) ? [] : body),
      when: ({ method, path }) => method === "GET" && /(rooms|_contracts)\/$/.test(path),
    });
    const again = [
      only(unit(71, 12), { title: "R" }),
      only(tenantContract(501, 71, 31), { opportunity: "7" }),
    ];
    expect(actions(await sync(again))).toEqual(["UPDATED", "UPDATED"]);
  });

  test("resets nothing that it lacks: constants are for new records", async () => {
    const { sync, sent, data } = await having(...items);
    const [flat] = data.units.all();
    data.units.change(flat?.id ?? 0, { parking: "uncovered", is_roof_garden: true });
    for (const { id } of data.clients.all()) data.clients.change(id, { country: 7 });
    const changed = [
      only(apartment(12), { title: "Renamed" }),
      only(contact(31), { NAME: "Muna" }),
      only(contact(30), { title: "" }),
    ];
    expect(actions(await sync(changed))).toEqual(["UPDATED", "UPDATED", "UNCHANGED"]);
    // Alma finds a unit by its name and building.
    const building = flat?.building;
    expect(sent().map(([, body]) => body)).toEqual([
      { name: "Renamed", header: "Renamed", building },
      { first_name: "Muna" },
    ]);
    expect(actions(await sync(items.slice(1)))).toEqual([
      "UNCHANGED",
      "UPDATED",
      ...Array(3).fill("UNCHANGED"),
    ]);
    expect(data.units.all()).toMatchObject([{ parking: "uncovered", is_roof_garden: true }]);
    expect(data.clients.all()).toMatchObject([{ country: 7 }, { country: 7 }]);
  });
});

test.each([unit(71, 12), contact(31), tenantContract(501, 71, 31)])(
  "an item of which only the id was sent is refused, $kind",
  async (whole) => {
    const { sync, query } = await having(...items);
    const named = only(whole, { entityTypeId: "" });
    expect(await sync([named])).toMatchObject({
      items: [
        {
          action: "FAILED",
          userErrors: [{ code: "REQUIRED", message: expect.stringMatching(/^Only the id of /) }],
        },
      ],
    });
    const text = "query ($items: [BitrixItemInput!]!) { mapBitrix(items: $items) { userErrors { code } } }";
    expect((await query(text, { items: [named] })).data.mapBitrix).toEqual([
      { userErrors: [{ code: "REQUIRED" }] },
    ]);
  },
);

describe("a unit whose item does not name its apartment", () => {
  const whole = [apartment(12, { ufCrm6_1736951470242: WHOLE, ufCrm6_1684425402: [71] }), unit(71, 12)];

  test("is attached without a write if its apartment is let as a whole", async () => {
    const { sync, sent } = await start();
    await sync(whole);
    sent();
    const rent = only(unit(71, 12), { ufCrm8_1699620518232: "4700" });
    expect(actions(await sync([rent]))).toEqual(["ATTACHED_TO_UNIT"]);
    expect(sent()).toEqual([]);
  });

  test("is attached to the apartment that names it", async () => {
    const { sync } = await start();
    expect(actions(await sync([whole[0] as Item, only(unit(71, 12), { title: "A" })]))).toEqual([
      "CREATED",
      "ATTACHED_TO_UNIT",
    ]);
  });

  test("keeps its errors", async () => {
    const { sync } = await having(...items);
    const { items: done } = await sync([only(unit(71, 12), { ufCrm8_1698838056004: 7 })]);
    expect(done).toMatchObject([{ action: "FAILED", userErrors: [{ code: "UNKNOWN_OPTION" }] }]);
  });
});

describe("a record that Alma does not have", () => {
  test("needs its links", async () => {
    const { sync, sent } = await having(contact(31), apartment(12));
    for (const dryRun of [true, false]) {
      const { items: done } = await sync(
        [
          only(unit(71, 12), { title: "A" }),
          only(ownerContract(401, 12, 31), { title: "B" }),
          only(tenantContract(501, 71, 31), { opportunity: "7" }),
        ],
        dryRun,
      );
      expect(
        done.map(({ userErrors }) => userErrors.map(({ code, field }) => [code, field?.at(-1)])),
      ).toEqual([
        [["MISSING_LINK", "ufCrm8_1684429208"]],
        [
          ["MISSING_LINK", "ufCrm10_1693823301"],
          ["MISSING_LINK", "contactId"],
        ],
        [
          ["MISSING_LINK", "ufCrm20_1693919019"],
          ["MISSING_LINK", "contactId"],
        ],
      ]);
    }
    expect(sent()).toEqual([]);
  });

  test("a contract with data of its contact must name it, even if Alma knows the contract", async () => {
    const { sync, sent } = await having(...items);
    const { items: done } = await sync([only(tenantContract(501, 71, 31), { Phone_work_0: "+97150" })]);
    expect(done).toMatchObject([{ action: "FAILED", userErrors: [{ code: "MISSING_LINK" }] }]);
    expect(sent()).toEqual([]);
  });
});
